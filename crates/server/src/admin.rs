//! `webpos admin`: creating the first people, joining the logins of one human, resetting a lost password.

use domain::card_number::CardNumber;
use domain::ids::PersonId;
use domain::person::initial_password;
use domain::place::Place;
use engine::clock::Clock;
use storage::card::{self, Unlock, Which};
use storage::people::{self, NewPerson};
use storage::vault::Vault;
use storage::{Books, Storage, factor, human, password};

use crate::config::{Admin, Database};
use crate::{Failure, console};

pub(crate) async fn run(command: Admin, clock: &Clock) -> Result<(), Failure> {
    if let Admin::UnlockCard { database, by } = &command {
        return unlock_card(database, by, clock).await;
    }
    if let Admin::ResetFactor { database, login } = &command {
        return reset_factor(&database.open().await?, login, clock).await;
    }
    let mut random = [0; 16];
    getrandom::fill(&mut random).expect("the operating system has random bytes");
    let initial = initial_password(random);
    let hash = password::hash(&initial)?;
    match command {
        Admin::Create { database, login, name, roles, same_human_as } => {
            let db = database.open().await?;
            let human = match &same_human_as {
                Some(other) => Some(human_of(&db, other).await?),
                None => None,
            };
            if let Some(human) = human
                && people::join(&db, &login, human, clock.now()).await?
            {
                console::say(&format!("{login} and {} are one human now.", same_human_as.unwrap_or_default()));
                return Ok(());
            }
            let person = NewPerson {
                number: login.clone(),
                name,
                login: login.clone(),
                password_hash: hash,
                must_change: true,
                roles,
                place: Place::Company,
                terminal: None,
                human,
                given_by: None,
                phone: None,
                language: None,
                ends_on: None,
            };
            if people::create(&db, person, clock.now()).await?.is_none() {
                return Err(Failure::Run(format!("the login name {login} is taken")));
            }
        }
        Admin::UnlockCard { .. } | Admin::ResetFactor { .. } => {}
        Admin::ResetPassword { database, login } => {
            if !people::reset_password(&database.open().await?, &login, hash, clock.now()).await? {
                return Err(Failure::Run(format!("there is no login name {login}")));
            }
        }
    }
    console::say(&format!("Initial password, to be changed at the first login: {initial}"));
    Ok(())
}

async fn human_of(db: &Storage, login: &str) -> Result<PersonId, Failure> {
    let account = people::account(db, login).await?;
    let account = account.ok_or_else(|| Failure::Run(format!("there is no login name {login}")))?;
    Ok(human::logins(db, vec![account.person]).await?.get(account.person).human)
}

/// Opens the card whose number stands on the first line of standard input: never an argument, which others can see.
async fn unlock_card(database: &Database, by: &str, clock: &Clock) -> Result<(), Failure> {
    let mut line = String::new();
    std::io::stdin().read_line(&mut line).map_err(|error| Failure::Run(error.to_string()))?;
    let number = CardNumber::parse(&line).map_err(|_| Failure::Run("that is not a card number".to_owned()))?.0;
    let storage = database.open().await?;
    let vault = Vault::of(&storage, &database.data_dir).await?;
    let books = Books::of(storage.clone(), vault.chain_key());
    let refused = |message: &str| Err(Failure::Run(message.to_owned()));
    match card::unlock(&storage, &books, Which::Number(vault.card_key(&number)), by, "command line", clock.now())
        .await?
    {
        Unlock::Done => {
            console::say(&format!("PINs of card {} can be tried again.", number.masked().0));
            Ok(())
        }
        Unlock::NoSuchCard => refused("there is no such card"),
        Unlock::NotAllowed => refused("nobody with this login name may unlock cards"),
        Unlock::Final => refused("this card is closed or replaced: its PIN opens nothing"),
        Unlock::Twice => refused(
            "this card was unlocked today already: a second time needs two persons, who ask and decide on its page in the office. It opens by itself at midnight, unless the card company locked it",
        ),
    }
}

/// Takes a second factor away, for somebody whom no two colleagues can help.
async fn reset_factor(db: &Storage, login: &str, clock: &Clock) -> Result<(), Failure> {
    match factor::reset(db, login, people::from_command_line(clock.now(), "factor_reset", login)).await? {
        None => Err(Failure::Run(format!("there is no login name {login}"))),
        Some(false) => Err(Failure::Run(format!("{login} has no second factor"))),
        Some(true) => {
            console::say(&format!(
                "The second factor of {login} is gone, and the sessions have ended. The next sign-in asks for another password; until 24 hours after that, this login cannot be the second person in any decision."
            ));
            Ok(())
        }
    }
}
