//! The command line as scripts see it: exit codes, the printed address, a graceful stop.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

use storage::Storage;
use storage::sql::Connection;

fn webpos(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_webpos"));
    command.args(arguments);
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("WEBPOS_")) {
        command.env_remove(name);
    }
    command
}

fn refused(arguments: &[&str]) -> String {
    let Output { status, stderr, .. } = webpos(arguments).output().expect("runs");
    assert_eq!(status.code(), Some(2), "{arguments:?}");
    String::from_utf8(stderr).expect("text")
}

/// Makes a data folder with the database of a program that has another schema.
fn with_another_schema(folder: &Path) {
    let storage = Storage::open(&folder.join("webpos.db")).expect("opens");
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let spoil = |connection: &Connection| Ok(connection.execute_batch("UPDATE schema_digest SET digest = 'another'")?);
    runtime.block_on(storage.write(spoil)).expect("writes");
}

#[test]
fn bad_configuration_is_one_line_and_exit_2() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().join("data");
    let data = data.to_str().expect("text");
    let not_a_database = folder.path().join("text.db");
    std::fs::write(&not_a_database, "this is not a database, this is not a database").expect("writes");
    let url = format!("sqlite:{}", not_a_database.display());
    let other = folder.path().to_str().expect("text");
    with_another_schema(folder.path());
    for arguments in [
        &["serve", "--listen", "127.0.0.1:0", "--data-dir", other][..],
        &["migrate", "--data-dir", other],
        &["verify", "--data-dir", other],
        &["serve", "--listen", "0.0.0.0:0", "--data-dir", data],
        &["serve", "--test-captcha", "abcd", "--data-dir", data],
        &[
            "serve",
            "--tls-cert",
            "missing.pem",
            "--tls-key",
            "missing.key",
            "--listen",
            "127.0.0.1:0",
            "--data-dir",
            data,
        ],
        &["serve", "--database", "oracle:x", "--data-dir", data],
        &["serve", "--database", &url, "--listen", "127.0.0.1:0", "--data-dir", data],
        &["migrate", "--data-dir", "/proc/no-such-folder"],
    ] {
        let message = refused(arguments);
        assert_eq!(message.lines().count(), 1, "{message}");
        assert!(message.starts_with("webpos: "), "{message}");
    }
    assert!(refused(&["serve", "--listen", "nonsense"]).contains("--listen"));
}

struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn it_serves_the_demo_on_a_free_port_and_stops_when_told() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().join("data");
    let mut command = webpos(&["serve", "--demo", "--listen", "127.0.0.1:0", "--data-dir"]);
    let mut running = Running(command.arg(&data).stdout(Stdio::piped()).spawn().expect("starts"));
    let mut output = BufReader::new(running.0.stdout.take().expect("piped"));
    let mut first = String::new();
    output.read_line(&mut first).expect("reads");
    let address = first.trim().rsplit("http://").next().expect("an address").to_owned();

    let mut connection = TcpStream::connect(&address).expect("connects");
    connection.write_all(b"GET /readyz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").expect("sends");
    let mut answer = String::new();
    connection.read_to_string(&mut answer).expect("reads");
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");

    let told = Command::new("kill").arg(running.0.id().to_string()).status().expect("kill runs");
    assert!(told.success());
    assert_eq!(running.0.wait().expect("ends").code(), Some(0));
    let mut rest = String::new();
    output.read_to_string(&mut rest).expect("reads");
    assert!(rest.contains("cashier") && rest.contains("6086250000010012"), "{rest}");

    let unlock = |number: &str, login: &str| {
        let mut command = webpos(&["admin", "unlock-card", "--as", login, "--data-dir"]);
        let command = command.arg(&data).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("starts");
        let mut input = child.stdin.take().expect("piped");
        input.write_all(format!("{number}\n").as_bytes()).expect("writes");
        drop(input);
        let done = child.wait_with_output().expect("ends");
        let text = String::from_utf8([done.stdout, done.stderr].concat()).expect("text");
        assert!(!text.contains("6086250000010012"), "{text}");
        (done.status.code(), text)
    };
    for (number, login, code, words) in [
        ("not a number", "operator", Some(1), "not a card number"),
        ("6086250090000001", "operator", Some(1), "not a card number"),
        ("6086250090000006", "operator", Some(1), "no such card"),
        ("6086250000010012", "cashier", Some(1), "nobody with this login name"),
        ("6086250000010012", "admin", Some(1), "nobody with this login name"),
        ("6086250000010012", "operator", Some(0), "can be tried again"),
        ("6086250000010012", "checker", Some(1), "needs two persons"),
    ] {
        let (status, text) = unlock(number, login);
        assert!(status == code && text.contains(words), "{number} {login}: {status:?} {text}");
    }

    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(std::fs::metadata(&data).expect("exists").permissions().mode() & 0o777, 0o700);
        for mode in [0o644, 0o640, 0o602] {
            let keys = data.join("webpos.keys");
            std::fs::set_permissions(&keys, std::fs::Permissions::from_mode(mode)).expect("changes");
            let refused =
                webpos(&["serve", "--listen", "127.0.0.1:0", "--data-dir"]).arg(&data).output().expect("runs");
            let words = String::from_utf8(refused.stderr).expect("text");
            assert_eq!(refused.status.code(), Some(2), "{words}");
            assert!(words.contains("others may use it") && words.lines().count() == 1, "{words}");
        }
    }
}

#[test]
fn the_ledger_survives_backup_and_restore() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = |name: &str| folder.path().join(name).to_str().expect("text").to_owned();
    let (data, file, again) = (path("data"), path("copy.bak"), path("again"));
    let code = |arguments: &[&str]| webpos(arguments).output().expect("runs").status.code();
    assert_eq!(code(&["verify", "--data-dir", &data]), Some(2), "there is nothing to verify");
    assert_eq!(code(&["admin", "create", "--login", "a", "--name", "A", "--data-dir", &data]), Some(0));
    assert_eq!(code(&["verify", "--data-dir", &data]), Some(0));
    assert_eq!(code(&["backup", &file, "--data-dir", &data]), Some(0));
    assert_ne!(code(&["backup", &file, "--data-dir", &data]), Some(0), "never over another backup");
    assert_eq!(code(&["restore", &file, "--data-dir", &again]), Some(0));
    assert_ne!(code(&["restore", &file, "--data-dir", &again]), Some(0), "never over data");
    assert_eq!(code(&["verify", "--data-dir", &again]), Some(0));
}

#[test]
fn the_first_two_people_come_with_roles_of_the_card_company_and_no_others() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().to_str().expect("text");
    let create = |login: &str, roles: &[&str]| {
        let mut all = vec!["admin", "create", "--login", login, "--name", "Somebody", "--data-dir", data];
        all.extend(roles.iter().flat_map(|role| ["--role", role]));
        webpos(&all).output().expect("runs")
    };
    assert_eq!(create("heping", &["admin", "operator"]).status.code(), Some(0));
    assert_eq!(create("liuyang", &["checker"]).status.code(), Some(0));
    for role in ["cashier", "store_manager", "chain_manager", "root", ""] {
        let refused = create("x", &[role]);
        assert_eq!(refused.status.code(), Some(2), "{role}");
        let said = String::from_utf8(refused.stderr).expect("text");
        assert!(said.contains("agent, operator, checker, finance, auditor, admin"), "{said}");
    }
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let db = storage::Storage::open(&folder.path().join("webpos.db")).expect("opens");
        for (login, roles) in [("heping", "admin operator"), ("liuyang", "checker")] {
            let account = storage::people::account(&db, login).await.expect("reads").expect("is there");
            let mut found: Vec<&str> = account.roles.iter().map(|held| held.role.word()).collect();
            found.sort_unstable();
            assert_eq!(found.join(" "), roles);
        }
    });
}

#[test]
fn the_first_administrator_comes_from_the_command_line() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().to_str().expect("text");
    let create = ["admin", "create", "--login", "root1", "--name", "First", "--data-dir", data];
    let first = webpos(&create).output().expect("runs");
    assert_eq!(first.status.code(), Some(0));
    let said = String::from_utf8(first.stdout).expect("text");
    assert_eq!(said.trim().rsplit(' ').next().map(str::len), Some(19), "{said}");
    assert_eq!(webpos(&create).output().expect("runs").status.code(), Some(1), "the name is taken");
    let again = |login| {
        let same = ["--same-human-as", "root1", "--data-dir", data];
        let all = [&["admin", "create", "--login", login, "--name", "First again"][..], &same].concat();
        let output = webpos(&all).output().expect("runs");
        (output.status.code(), String::from_utf8(output.stdout).expect("text"))
    };
    assert!(again("root2").1.contains("Initial password"), "a second login of one human");
    let joined = again("root2");
    assert_eq!((joined.0, joined.1.trim()), (Some(0), "root2 and root1 are one human now."));
    let nobody = ["admin", "create", "--login", "x", "--name", "X", "--same-human-as", "who", "--data-dir", data];
    assert_eq!(webpos(&nobody).output().expect("runs").status.code(), Some(1));
    let reset = webpos(&["admin", "reset-password", "--login", "ROOT1", "--data-dir", data]).output().expect("runs");
    assert_eq!(reset.status.code(), Some(0));
    let reset = webpos(&["admin", "reset-password", "--login", "who", "--data-dir", data]).output().expect("runs");
    assert_eq!(reset.status.code(), Some(1));
}

/// The way in when the phone is lost and nobody can help: the sessions end, another password is asked for, and for a while
/// the login is no second person to anybody.
#[test]
fn a_second_factor_is_reset_on_the_machine() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().to_str().expect("text");
    let create = |login| webpos(&["admin", "create", "--login", login, "--name", login, "--data-dir", data]).output();
    for login in ["alone", "other"] {
        assert_eq!(create(login).expect("runs").status.code(), Some(0));
    }
    let reset = |login| {
        let output = webpos(&["admin", "reset-factor", "--login", login, "--data-dir", data]).output().expect("runs");
        let said = [output.stdout, output.stderr].concat();
        (output.status.code(), String::from_utf8(said).expect("text"))
    };
    let (code, said) = reset("alone");
    assert!(code == Some(1) && said.contains("alone has no second factor"), "{said}");
    let (code, said) = reset("who");
    assert!(code == Some(1) && said.contains("there is no login name who"), "{said}");

    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let number = |sql: &str| {
        let (storage, sql) = (Storage::open(&folder.path().join("webpos.db")).expect("opens"), sql.to_owned());
        let read = move |connection: &Connection| Ok(connection.query_row(&sql, [], |row| row.get::<_, i64>(0))?);
        runtime.block_on(storage.read(read)).expect("reads")
    };
    let id = number("SELECT id FROM person WHERE login = 'alone'");
    let rows = format!(
        "INSERT INTO factor (person_id, seed, seed_generation, step, set_at) VALUES ({id}, x'00', 1, 0, 0);
         INSERT INTO recovery_code (person_id, number, hash, used_at) VALUES ({id}, 1, 'hash', NULL);
         INSERT INTO session (id_hash, person_id, created_at, seen_at, locked, address, agent, proved_at)
            VALUES (zeroblob(32), {id}, 1, 1, 0, '', '', 1);
         UPDATE person SET must_change = 0, given_by = NULL, given_at = NULL, password_expires_at = NULL"
    );
    let storage = Storage::open(&folder.path().join("webpos.db")).expect("opens");
    let write = storage.write(move |connection| Ok(connection.execute_batch(&rows)?));
    runtime.block_on(write).expect("writes");
    drop(storage);
    let (code, said) = reset("ALONE");
    assert!(code == Some(0) && said.contains("another password"), "{said}");
    for table in ["factor", "recovery_code", "session"] {
        assert_eq!(number(&format!("SELECT COUNT(*) FROM {table}")), 0, "{table}");
    }
    let changed = "must_change = 1 AND given_at IS NOT NULL AND given_by IS NULL";
    assert_eq!(number(&format!("SELECT COUNT(*) FROM person WHERE login = 'alone' AND {changed}")), 1);
    assert_eq!(number("SELECT COUNT(*) FROM person WHERE login = 'other' AND must_change = 1"), 0);
    assert_eq!(number("SELECT COUNT(*) FROM audit WHERE action = 'factor_reset' AND subject = 'alone'"), 1);
    assert_eq!(reset("alone").0, Some(1), "it is gone");
}

#[test]
fn two_instances_serve_one_migrated_server() {
    let server = scratch::Database::create();
    let folder = tempfile::tempdir().expect("a folder");
    let (url, data) = (server.url(), folder.path().join("data").to_str().expect("text").to_owned());
    let on_server = |arguments: &[&str]| {
        let mut command = webpos(arguments);
        command.args(["--database", &url, "--data-dir", &data]);
        command
    };
    let unready = on_server(&["serve", "--listen", "127.0.0.1:0"]).output().expect("runs");
    assert_eq!(unready.status.code(), Some(2));
    assert!(String::from_utf8(unready.stderr).expect("text").contains("run `webpos migrate`"));
    for _ in 0..2 {
        assert_eq!(on_server(&["migrate"]).output().expect("runs").status.code(), Some(0));
    }
    for _ in 0..2 {
        let mut command = on_server(&["serve", "--demo", "--listen", "127.0.0.1:0"]);
        let mut running = Running(command.stdout(Stdio::piped()).spawn().expect("starts"));
        let mut first = String::new();
        BufReader::new(running.0.stdout.take().expect("piped")).read_line(&mut first).expect("reads");
        let address = first.trim().rsplit("http://").next().expect("an address").to_owned();
        let mut connection = TcpStream::connect(&address).expect("connects");
        connection.write_all(b"GET /readyz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").expect("sends");
        let mut answer = String::new();
        connection.read_to_string(&mut answer).expect("reads");
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    }
    let elsewhere = folder.path().join("elsewhere");
    let mut other = webpos(&["serve", "--listen", "127.0.0.1:0", "--database", &url, "--data-dir"]);
    let refused = other.arg(&elsewhere).output().expect("runs");
    assert_eq!(refused.status.code(), Some(2), "an instance without the keys");
    let keys = elsewhere.join("webpos.keys");
    std::fs::write(&keys, format!("webpos-keys 1\n{}\n", "07".repeat(160))).expect("writes");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        std::fs::set_permissions(&keys, std::fs::Permissions::from_mode(0o600)).expect("changes");
    }
    let refused = other.output().expect("runs");
    assert_eq!(refused.status.code(), Some(2), "an instance with other keys");
    assert!(String::from_utf8(refused.stderr).expect("text").contains("not the keys of this database"));
    let verified = on_server(&["verify"]).output().expect("runs");
    assert_eq!(verified.status.code(), Some(0), "{verified:?}");
    let backup = on_server(&["backup", &format!("{data}/x.bak")]).output().expect("runs");
    assert_eq!(backup.status.code(), Some(2));
    assert!(String::from_utf8(backup.stderr).expect("text").contains("pg_dump"));
}
