//! People 人员: the states of a login, who may give which role to whom, login names, initial passwords.
//!
//! What must stay true:
//! - A manager keeps people of the own place whose roles are below the own; roles of the card company take two persons.
//! - An auditor holds no other role, and a role fits the place.
//! - Nobody keeps themselves.
//! - A role with a last day grants nothing after it; somebody without a role does not sign in.

use crate::directory::half_width;
use crate::place::Place;
use crate::role::{Action, Role, may};
use crate::time::{BusinessDate, HOUR, Timestamp};

words! {
    /// Where a login stands.
    pub enum PersonStatus {
        /// Has no password of their own yet.
        Invited = "invited",
        /// Works.
        Active = "active",
        /// Cannot sign in until somebody says otherwise.
        Disabled = "disabled",
        /// Has left for good. The login name is never given again.
        Left = "left",
        /// The person that an API key acts as: never signs in.
        Key = "key",
    }
}

words! {
    /// What changes where a login stands, beside the own password.
    pub enum Move {
        /// Stops it at once.
        Disable = "disable",
        /// Lets it sign in again.
        Enable = "enable",
        /// Ends it for good.
        Leave = "leave",
    }
}

impl PersonStatus {
    /// Whether the login may sign in, as far as this goes.
    pub fn signs_in(self) -> bool {
        matches!(self, Self::Invited | Self::Active)
    }

    /// Where a move leads, if it leads anywhere. `own_password` is whether the person has set one.
    pub fn after(self, step: Move, own_password: bool) -> Option<Self> {
        match (self, step) {
            (Self::Invited | Self::Active, Move::Disable) => Some(Self::Disabled),
            (Self::Disabled, Move::Enable) => Some(if own_password { Self::Active } else { Self::Invited }),
            (Self::Invited | Self::Disabled, Move::Leave) => Some(Self::Left),
            _ => None,
        }
    }
}

/// A role that somebody holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Held {
    /// The role.
    pub role: Role,
    /// The last day on which it grants anything, for a deputy; `None` has no end.
    pub ends_on: Option<BusinessDate>,
}

impl Held {
    /// A role without an end.
    pub fn always(role: Role) -> Self {
        Self { role, ends_on: None }
    }

    /// Whether it grants anything on `day`.
    pub fn counts(self, day: BusinessDate) -> bool {
        self.ends_on.is_none_or(|end| day <= end)
    }

    /// `checker` or `checker:20261215`.
    pub fn text(self) -> String {
        self.ends_on.map_or_else(|| self.role.word().to_owned(), |end| format!("{}:{}", self.role, end.0))
    }

    /// What [`Held::text`] wrote.
    pub fn read(text: &str) -> Option<Self> {
        let (word, end) = text.split_once(':').map_or((text, None), |(word, end)| (word, Some(end)));
        let role = Role::from_word(word)?;
        let ends_on = match end {
            None => None,
            Some(end) => Some(BusinessDate(end.parse().ok()?)).filter(|day| day.date().is_some()).map(Some)?,
        };
        Some(Self { role, ends_on }).filter(|held| held.text() == text)
    }
}

/// Roles as one text, in the order of [`Role::ALL`].
pub fn roles_text(roles: &[Held]) -> String {
    let mut roles = roles.to_vec();
    roles.sort_unstable();
    roles.into_iter().map(Held::text).collect::<Vec<_>>().join(" ")
}

/// What [`roles_text`] wrote: roles in order, each once.
pub fn read_roles(text: &str) -> Option<Vec<Held>> {
    let roles: Vec<Held> = text.split(' ').filter(|word| !word.is_empty()).map(Held::read).collect::<Option<_>>()?;
    let once = roles.iter().zip(roles.iter().skip(1)).all(|(one, next)| one.role < next.role);
    Some(roles).filter(|roles| once && roles_text(roles) == text)
}

/// Why somebody cannot hold these roles together at a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RolesWrong {
    /// There is none.
    None,
    /// The role does not fit the place.
    Place(Role),
    /// An auditor holds no other role.
    Auditor,
}

/// Whether somebody at `place` can hold `roles` together.
pub fn roles_fit(place: Place, roles: &[Role]) -> Result<(), RolesWrong> {
    if roles.is_empty() {
        return Err(RolesWrong::None);
    }
    if let Some(role) = roles.iter().find(|role| !place.fits(**role)) {
        return Err(RolesWrong::Place(*role));
    }
    let auditor = roles.contains(&Role::Auditor) && roles.iter().any(|role| *role != Role::Auditor);
    if auditor { Err(RolesWrong::Auditor) } else { Ok(()) }
}

/// Whether `new` grants nothing that `old` does not, on any day: one person may do that.
pub fn is_narrower(old: &[Held], new: &[Held]) -> bool {
    let within = |new: &Held, old: &Held| match (old.ends_on, new.ends_on) {
        (None, _) => true,
        (Some(_), None) => false,
        (Some(old), Some(new)) => new <= old,
    };
    new.iter().all(|new| old.iter().any(|old| old.role == new.role && within(new, old)))
}

/// Somebody, as rights see them: the place, and the roles that count today.
#[derive(Clone, Copy, Debug)]
pub struct Who<'r> {
    /// Where they belong.
    pub place: Place,
    /// What they hold.
    pub roles: &'r [Role],
}

/// How many persons it takes to give somebody a role.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Giving {
    /// It cannot be given by this person.
    No,
    /// At once.
    Alone,
    /// Another person has to approve it.
    Proposed,
}

/// Whether `keeper` may give somebody at `place` the role, and how.
pub fn giving(keeper: Who<'_>, place: Place, role: Role) -> Giving {
    if !place.fits(role) {
        return Giving::No;
    }
    if may(keeper.roles, Action::ManagePeople) {
        return if place == Place::Company { Giving::Proposed } else { Giving::Alone };
    }
    let below = match keeper.place {
        Place::Company => false,
        Place::Merchant(merchant) => {
            place.merchant() == Some(merchant) && matches!(role, Role::Cashier | Role::StoreManager)
        }
        Place::Outlet(..) => place == keeper.place && role == Role::Cashier,
    };
    if below && may(keeper.roles, Action::ManageOwnPeople) { Giving::Alone } else { Giving::No }
}

/// Whether `keeper` may leave somebody at `place` who holds `held` with exactly `wanted`, and how: by a form or a file, for a
/// new person, who holds nothing, or another. At the card company only more power takes two persons.
pub fn granting(keeper: Who<'_>, place: Place, held: &[Held], wanted: &[Held]) -> Result<Giving, RolesWrong> {
    let roles: Vec<Role> = wanted.iter().map(|one| one.role).collect();
    roles_fit(place, &roles)?;
    Ok(match () {
        () if roles.iter().any(|role| giving(keeper, place, *role) == Giving::No) => Giving::No,
        () if place == Place::Company && !is_narrower(held, wanted) => Giving::Proposed,
        () => Giving::Alone,
    })
}

/// Whether `keeper` invites, changes and stops somebody like `person`.
pub fn keeps(keeper: Who<'_>, person: Who<'_>) -> bool {
    if may(keeper.roles, Action::ManagePeople) {
        return true;
    }
    let within = match keeper.place {
        Place::Company => false,
        Place::Merchant(merchant) => person.place.merchant() == Some(merchant) && person.place.outlet().is_some(),
        Place::Outlet(..) => person.place == keeper.place,
    };
    within
        && may(keeper.roles, Action::ManageOwnPeople)
        && person.roles.iter().all(|role| giving(keeper, person.place, *role) == Giving::Alone)
}

/// Whether `keeper` lifts a lock, ends sessions and gives a new initial password to somebody like `person`.
pub fn helps(keeper: Who<'_>, person: Who<'_>) -> bool {
    keeps(keeper, person) || (may(keeper.roles, Action::HelpStore) && person.place != Place::Company)
}

/// Longest name of a person, in characters.
pub const NAME_MAX: usize = 40;
/// Longest number of a person, in characters.
pub const NUMBER_MAX: usize = 12;

/// A person's number, which slips print: letters and digits, half width; may be empty.
pub fn number(typed: &str) -> Option<String> {
    let number: String = typed.trim().chars().map(half_width).collect();
    let fits = number.chars().count() <= NUMBER_MAX && number.chars().all(char::is_alphanumeric);
    fits.then_some(number)
}

/// Characters of a login name.
pub const LOGIN_LENGTH: std::ops::RangeInclusive<usize> = 3..=32;

/// Whether a new person can have this login name: letters, digits and `. _ - @` only.
pub fn login_fits(login: &str) -> bool {
    let plain = |c: char| c.is_alphanumeric() || matches!(c, '.' | '_' | '-' | '@');
    LOGIN_LENGTH.contains(&login.chars().count()) && login.chars().all(plain)
}

/// Login names to try when `login` is taken: `login2`, `login3`, … not longer than one may be.
pub fn other_logins(login: &str) -> impl Iterator<Item = String> {
    let login = login.to_owned();
    (2_u32..).map(move |n| {
        let n = n.to_string();
        let kept = LOGIN_LENGTH.end().saturating_sub(n.len());
        login.chars().take(kept).chain(n.chars()).collect()
    })
}

/// A phone number without the signs that people put between digits, if it is one.
pub fn phone(text: &str) -> Option<String> {
    let digits: String = text.chars().map(half_width).filter(|c| !matches!(c, ' ' | '-' | '(' | ')')).collect();
    let plain = digits.strip_prefix('+').unwrap_or(&digits);
    let fits = (7..=15).contains(&plain.len()) && plain.bytes().all(|byte| byte.is_ascii_digit());
    fits.then_some(digits)
}

/// A phone as lists and files show it: the first three and the last four digits.
pub fn masked_phone(phone: &str) -> String {
    let digits: Vec<char> = phone.chars().collect();
    match digits.len() {
        0..7 => "****".to_owned(),
        len => {
            let hidden = 3..len.saturating_sub(4);
            digits.iter().enumerate().map(|(n, c)| if hidden.contains(&n) { '*' } else { *c }).collect()
        }
    }
}

/// The phone that this one was before a spreadsheet program took its zero off: in China area codes begin with one, mobile
/// phones of 11 digits with 1, and service numbers of 10 digits with 400 or 800.
pub fn phone_with_zero(phone: &str) -> Option<String> {
    let digits = phone.bytes().all(|byte| byte.is_ascii_digit());
    let whole = match phone.len() {
        10 => phone.starts_with("400") || phone.starts_with("800"),
        11 => phone.starts_with('1'),
        _ => true,
    };
    (digits && !whole && !phone.starts_with('0')).then(|| format!("0{phone}"))
}

/// The 32 characters of initial passwords: small letters without `l` and `o`, digits without 0 and 1.
const ALPHABET: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";

/// How long an initial password opens anything, microseconds: 72 hours.
pub const INITIAL_FOR: i64 = 72 * HOUR;

/// Sixteen characters (80 bits) in groups of four, none that look alike.
pub fn initial_password(random: [u8; 16]) -> String {
    grouped(&random, 4)
}

/// Ten characters (50 bits) in two groups: used once, and only beside a password.
pub fn recovery_code(random: [u8; 10]) -> String {
    grouped(&random, 5)
}

fn grouped(random: &[u8], group: usize) -> String {
    let letter = |byte: &u8| ALPHABET.get(usize::from(byte % 32)).map(|byte| char::from(*byte));
    let groups: Vec<String> = random.chunks(group).map(|group| group.iter().filter_map(letter).collect()).collect();
    groups.join("-")
}

/// Until when an initial password that is given at `now` opens anything.
pub fn initial_until(now: Timestamp) -> Timestamp {
    now.plus(INITIAL_FOR)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::{MerchantId, OutletId};

    const OURS: MerchantId = MerchantId(250_100);
    const SHOP: Place = Place::Outlet(OURS, OutletId(2_501_001));
    /// The company, the merchant, its outlet, another outlet of it, another merchant, an outlet of that one.
    const PLACES: [Place; 6] = [
        Place::Company,
        Place::Merchant(OURS),
        SHOP,
        Place::Outlet(OURS, OutletId(2_501_002)),
        Place::Merchant(MerchantId(250_200)),
        Place::Outlet(MerchantId(250_200), OutletId(2_502_001)),
    ];

    fn place_of(role: Role) -> Place {
        PLACES.into_iter().find(|place| place.fits(role)).expect("every role fits a place")
    }

    /// Who gives which role: a row per keeper, a group per place in the order of [`PLACES`], in it a column per role in
    /// the order of [`Role::ALL`]. `+` alone, `m` proposes.
    const GIVING: &str = "
        cashier       ......... ......... ......... ......... ......... .........
        store_manager ......... ......... +........ ......... ......... .........
        chain_manager ......... ......... ++....... ++....... ......... .........
        agent         ......... ......... ......... ......... ......... .........
        operator      ......... ......... ......... ......... ......... .........
        checker       ......... ......... ......... ......... ......... .........
        finance       ......... ......... ......... ......... ......... .........
        auditor       ......... ......... ......... ......... ......... .........
        admin         ...mmmmmm ..+...... ++....... ++....... ..+...... ++.......
    ";

    /// Whom a keeper keeps (`+`) or only helps (`h`): the same columns, somebody with that one role at that place.
    const KEEPING: &str = "
        cashier       ......... ......... ......... ......... ......... .........
        store_manager ......... ......... +........ ......... ......... .........
        chain_manager ......... ......... ++....... ++....... ......... .........
        agent         ......... hhhhhhhhh hhhhhhhhh hhhhhhhhh hhhhhhhhh hhhhhhhhh
        operator      ......... hhhhhhhhh hhhhhhhhh hhhhhhhhh hhhhhhhhh hhhhhhhhh
        checker       ......... ......... ......... ......... ......... .........
        finance       ......... ......... ......... ......... ......... .........
        auditor       ......... ......... ......... ......... ......... .........
        admin         +++++++++ +++++++++ +++++++++ +++++++++ +++++++++ +++++++++
    ";

    fn table(mark: impl Fn(Who<'_>, Place, Role) -> char) -> Vec<String> {
        let row = |keeper: &Role| {
            let who = Who { place: place_of(*keeper), roles: &[*keeper] };
            let groups = PLACES.map(|place| Role::ALL.iter().map(|role| mark(who, place, *role)).collect::<String>());
            format!("{keeper} {}", groups.join(" "))
        };
        Role::ALL.iter().map(row).collect()
    }

    fn expected(text: &str) -> Vec<String> {
        let lines = text.lines().filter(|line| !line.trim().is_empty());
        lines.map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect()
    }

    #[test]
    fn every_role_gives_exactly_what_the_table_says() {
        let rows = table(|keeper, place, role| match giving(keeper, place, role) {
            Giving::No => '.',
            Giving::Alone => '+',
            Giving::Proposed => 'm',
        });
        assert_eq!(rows, expected(GIVING));
    }

    #[test]
    fn every_role_keeps_exactly_whom_the_table_says() {
        let rows = table(|keeper, place, role| {
            let person = Who { place, roles: &[role] };
            match (keeps(keeper, person), helps(keeper, person)) {
                (true, true) => '+',
                (false, true) => 'h',
                _ => '.',
            }
        });
        assert_eq!(rows, expected(KEEPING));
    }

    #[test]
    fn roles_are_given_alone_or_proposed_whoever_asks_and_however() {
        use Role::{Admin, Auditor, Cashier, Checker, Operator, StoreManager};
        let admin = Who { place: Place::Company, roles: &[Admin] };
        let manager = Who { place: SHOP, roles: &[StoreManager] };
        let until = |role, day| Held { role, ends_on: Some(BusinessDate(day)) };
        let (one, two) = (Held::always(Operator), Held::always(Checker));
        let cases = [
            (admin, SHOP, vec![], vec![Held::always(Cashier)], Ok(Giving::Alone)),
            (admin, SHOP, vec![], vec![], Err(RolesWrong::None)),
            (admin, SHOP, vec![], vec![one], Err(RolesWrong::Place(Operator))),
            (admin, Place::Company, vec![], vec![one], Ok(Giving::Proposed)),
            (admin, Place::Company, vec![one, two], vec![two], Ok(Giving::Alone)),
            (admin, Place::Company, vec![one], vec![one, two], Ok(Giving::Proposed)),
            (admin, Place::Company, vec![until(Checker, 20_261_201)], vec![two], Ok(Giving::Proposed)),
            (admin, Place::Company, vec![two], vec![until(Checker, 20_261_201)], Ok(Giving::Alone)),
            (admin, Place::Company, vec![], vec![Held::always(Auditor), one], Err(RolesWrong::Auditor)),
            (manager, SHOP, vec![], vec![Held::always(Cashier)], Ok(Giving::Alone)),
            (manager, SHOP, vec![], vec![Held::always(StoreManager)], Ok(Giving::No)),
            (manager, PLACES[3], vec![], vec![Held::always(Cashier)], Ok(Giving::No)),
        ];
        for (keeper, place, held, wanted, expected) in cases {
            assert_eq!(granting(keeper, place, &held, &wanted), expected, "{place:?} {held:?} {wanted:?}");
        }
    }

    #[test]
    fn numbers_and_phones_are_read_as_an_input_method_writes_them() {
        assert_eq!(number(" １００１ ").as_deref(), Some("1001"));
        assert_eq!(number("").as_deref(), Some(""));
        assert_eq!((number("10-01"), number("1234567890123")), (None, None));
        assert_eq!(phone("１３８ ００００－６０２１").as_deref(), Some("13800006021"));
        assert_eq!(phone("（025）86988520").as_deref(), Some("02586988520"));
    }

    #[test]
    fn a_phone_in_a_list_shows_three_and_four_digits() {
        for (phone, masked) in [("13800006021", "138****6021"), ("5551234", "5551234"), ("123", "****")] {
            assert_eq!(masked_phone(phone), masked);
        }
    }

    #[test]
    fn a_phone_without_its_zero_is_noticed() {
        for (phone, whole) in [
            ("2586988520", Some("02586988520")),
            ("1012345678", Some("01012345678")),
            ("75512345678", Some("075512345678")),
            ("02586988520", None),
            ("13800006021", None),
            ("4008001234", None),
            ("86988520", None),
            ("025-86988520", None),
        ] {
            assert_eq!(phone_with_zero(phone).as_deref(), whole, "{phone}");
        }
    }

    #[test]
    fn a_manager_does_not_keep_another_manager_who_also_sells() {
        let manager = Who { place: SHOP, roles: &[Role::StoreManager] };
        let both = Who { place: SHOP, roles: &[Role::Cashier, Role::StoreManager] };
        assert!(!keeps(manager, both));
        assert!(keeps(manager, Who { place: SHOP, roles: &[] }), "whose role has ended");
    }

    #[test]
    fn a_login_moves_only_as_the_table_says() {
        use PersonStatus::{Active, Disabled, Invited, Key, Left};
        // State; disable, enable with and without a password of the own, leave.
        let table = [
            (Invited, Some(Disabled), None, None, Some(Left)),
            (Active, Some(Disabled), None, None, None),
            (Disabled, None, Some(Active), Some(Invited), Some(Left)),
            (Left, None, None, None, None),
            (Key, None, None, None, None),
        ];
        assert_eq!(table.map(|row| row.0), PersonStatus::ALL);
        for (from, disable, enable, enable_first, leave) in table {
            assert_eq!(from.after(Move::Disable, true), disable);
            assert_eq!(from.after(Move::Enable, true), enable);
            assert_eq!(from.after(Move::Enable, false), enable_first);
            assert_eq!(from.after(Move::Leave, true), leave);
            assert_eq!(from.signs_in(), matches!(from, Invited | Active));
        }
    }

    #[test]
    fn roles_fit_together_and_the_place() {
        use Role::{Admin, Auditor, Cashier, Checker, Operator, StoreManager};
        let cases: [(Place, &[Role], Result<(), RolesWrong>); 7] = [
            (Place::Company, &[Operator, Checker, Admin], Ok(())),
            (Place::Company, &[Auditor], Ok(())),
            (Place::Company, &[Checker, Auditor], Err(RolesWrong::Auditor)),
            (Place::Company, &[Operator, Cashier], Err(RolesWrong::Place(Cashier))),
            (SHOP, &[Cashier, StoreManager], Ok(())),
            (SHOP, &[Cashier, Admin], Err(RolesWrong::Place(Admin))),
            (SHOP, &[], Err(RolesWrong::None)),
        ];
        for (place, roles, expected) in cases {
            assert_eq!(roles_fit(place, roles), expected, "{roles:?}");
        }
    }

    #[test]
    fn a_role_counts_up_to_its_last_day_and_one_person_only_narrows() {
        let day = |n| BusinessDate(20_261_200 + n);
        let until = |role, n| Held { role, ends_on: Some(day(n)) };
        let checker = until(Role::Checker, 15);
        assert!(checker.counts(day(15)) && !checker.counts(day(16)) && Held::always(Role::Checker).counts(day(16)));
        let old = [Held::always(Role::Operator), checker];
        let cases: [(&[Held], bool); 7] = [
            (&[], true),
            (&[until(Role::Operator, 1)], true),
            (&[until(Role::Checker, 14), Held::always(Role::Operator)], true),
            (&[checker], true),
            (&[until(Role::Checker, 16)], false),
            (&[Held::always(Role::Checker)], false),
            (&[Held::always(Role::Finance)], false),
        ];
        for (new, narrower) in cases {
            assert_eq!(is_narrower(&old, new), narrower, "{new:?}");
        }
    }

    #[test]
    fn roles_have_one_text() {
        let roles =
            [Held { role: Role::Checker, ends_on: Some(BusinessDate(20_261_215)) }, Held::always(Role::Operator)];
        assert_eq!(roles_text(&roles), "operator checker:20261215");
        assert_eq!(read_roles("operator checker:20261215"), Some(vec![roles[1], roles[0]]));
        assert_eq!(read_roles(""), Some(Vec::new()));
        for bad in [
            "checker operator",
            "operator operator",
            "operator:",
            "operator:20261301",
            "operator  checker",
            "boss",
            " ",
        ] {
            assert_eq!(read_roles(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn login_names_and_phones_have_a_form() {
        for good in ["zhouxiaoyan2", "abc", "wang.min-2_x@shop", "\u{738b}\u{654f}1", &"a".repeat(32)] {
            assert!(login_fits(good), "{good}");
        }
        for bad in ["", "ab", &"a".repeat(33), "key 1001", "a,b", "a\nb", "a/b"] {
            assert!(!login_fits(bad), "{bad:?}");
        }
        let others: Vec<String> = other_logins("zhouxiaoyan").take(2).collect();
        assert_eq!(others, ["zhouxiaoyan2", "zhouxiaoyan3"]);
        let long = other_logins(&"a".repeat(32)).nth(8).expect("endless");
        assert_eq!(long, format!("{}10", "a".repeat(30)));
        assert_eq!(phone("138 0000-0009"), Some("13800000009".to_owned()));
        assert_eq!(phone("+86 13800000009"), Some("+8613800000009".to_owned()));
        assert!(["", "12", "abc", "138000000091234567"].iter().all(|bad| phone(bad).is_none()));
    }

    #[test]
    fn initial_passwords_have_no_letters_that_look_alike() {
        let all: Vec<String> = (0..=255).map(|byte| initial_password([byte; 16])).collect();
        assert!(all.iter().all(|one| one.len() == 19 && !one.contains(['0', '1', 'l', 'o'])));
        assert_eq!(initial_password([0; 16]), "aaaa-aaaa-aaaa-aaaa");
        let mut random = [0; 16];
        (random[0], random[15]) = (31, 24);
        assert_eq!(initial_password(random), "9aaa-aaaa-aaaa-aaa2");
        let distinct: std::collections::BTreeSet<String> = all.into_iter().collect();
        assert_eq!(distinct.len(), 32, "every character is as likely");
    }
}
