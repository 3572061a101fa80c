//! Which crate may depend on which: domain <- storage <- engine <- {pages, api} <- server <- app, and sim on engine. Nothing
//! points back. The pages are a kit, one crate per audience on it, and `web`, which puts them together; no audience
//! depends on another. The client for programs elsewhere stands alone.

use std::process::Command;

use serde_json::Value;

use crate::repo::Finding;

/// Each workspace crate and the workspace crates it may use in any way (build, test or normal).
const CRATES: [(&str, &[&str]); 22] = [
    ("domain", &[]),
    ("telemetry", &[]),
    ("scratch", &[]),
    ("captcha", &[]),
    ("webhook-target", &[]),
    ("spreadsheet", &[]),
    ("storage", &["domain", "scratch"]),
    ("engine", &["domain", "storage", "scratch", "telemetry"]),
    ("jobs", &["domain", "storage", "engine", "spreadsheet"]),
    ("web-kit", &["domain", "telemetry", "storage", "engine", "webhook-target", "spreadsheet"]),
    ("account", &["domain", "telemetry", "storage", "web-kit", "captcha"]),
    ("till", &["domain", "storage", "engine", "web-kit"]),
    ("merchant", &["domain", "storage", "engine", "web-kit", "webhook-target"]),
    ("office", &["domain", "storage", "engine", "jobs", "web-kit"]),
    ("web", &["domain", "storage", "engine", "jobs", "web-kit", "account", "till", "merchant", "office", "scratch"]),
    ("api", &["domain", "telemetry", "storage", "engine", "webhook-target", "scratch"]),
    ("server", &["domain", "telemetry", "storage", "engine", "jobs", "web-kit", "api", "webhook-target"]),
    ("app", &["domain", "storage", "engine", "web-kit", "web", "api", "server", "scratch", "webpos-client"]),
    // Published by itself: it ships with nothing of ours and reads the description in its tests.
    ("webpos-client", &["api"]),
    ("sim", &["domain", "storage", "engine", "scratch"]),
    ("bench", &["domain", "storage", "engine", "scratch", "webpos-client"]),
    ("xtask", &[]),
];

/// The published crate, which ships without the rest of the workspace.
const PUBLISHED: &str = "webpos-client";

/// Libraries that only certain crates may use.
const RESERVED: [(&str, &[&str]); 5] = [
    ("rusqlite", &["storage", "sim", "bench"]),
    ("tokio-postgres", &["storage", "sim", "bench"]),
    ("axum", &["web-kit", "account", "till", "merchant", "office", "web", "api", "server", "app"]),
    ("askama", &["web-kit", "account", "till", "merchant", "office"]),
    (
        "tokio",
        &[
            "storage",
            "engine",
            "jobs",
            "office",
            "web-kit",
            "account",
            "till",
            "web",
            "api",
            "server",
            "app",
            "sim",
            "bench",
            "webpos-client",
        ],
    ),
];

const DIRECT_MAX: usize = 30;
const ALL_MAX: usize = 350;

/// A package of the dependency tree.
pub(crate) struct Package {
    pub(crate) name: String,
    pub(crate) version: String,
    /// SPDX expression, or empty.
    pub(crate) licence: String,
    /// `None` for a workspace member.
    pub(crate) source: Option<String>,
    /// The names of its direct dependencies of every kind.
    dependencies: Vec<String>,
    /// The direct dependencies that ship.
    shipped: Vec<String>,
}

/// The packages that are built on Linux, workspace members and others.
pub(crate) fn metadata() -> Result<Vec<Package>, String> {
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
    let asked = Command::new(cargo)
        .args(["metadata", "--format-version=1", "--filter-platform=x86_64-unknown-linux-gnu"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .map_err(|e| format!("cargo metadata: {e}"))?;
    if !asked.status.success() {
        return Err(format!("cargo metadata: {}", String::from_utf8_lossy(&asked.stderr).trim()));
    }
    let answer: Value = serde_json::from_slice(&asked.stdout).map_err(|e| format!("cargo metadata: {e}"))?;
    let packages = answer["packages"].as_array().ok_or("cargo metadata: no packages")?;
    Ok(packages.iter().map(package).collect())
}

fn package(json: &Value) -> Package {
    let text = |key: &str| json[key].as_str().map(str::to_owned);
    let dependencies = json["dependencies"].as_array().map_or(&[][..], Vec::as_slice);
    let names = |shipped: bool| {
        let chosen = dependencies.iter().filter(move |d| !shipped || d["kind"].is_null());
        chosen.filter_map(|d| d["name"].as_str()).map(str::to_owned).collect()
    };
    Package {
        name: text("name").unwrap_or_default(),
        version: text("version").unwrap_or_default(),
        licence: text("license").unwrap_or_default(),
        source: text("source"),
        dependencies: names(false),
        shipped: names(true),
    }
}

pub(crate) fn check(packages: &[Package]) -> Vec<Finding> {
    let mut findings: Vec<Finding> =
        packages.iter().filter(|package| package.source.is_none()).flat_map(check_member).collect();
    let others = packages.len();
    if others > ALL_MAX {
        findings.push(Finding::new("Cargo.lock", 1, format!("{others} packages; at most {ALL_MAX}")));
    }
    findings
}

fn check_member(member: &Package) -> Vec<Finding> {
    let name = member.name.as_str();
    let manifest = match name {
        "xtask" => "xtask/Cargo.toml".to_owned(),
        PUBLISHED => "crates/client/Cargo.toml".to_owned(),
        _ => format!("crates/{name}/Cargo.toml"),
    };
    let say = |what: String| Finding::new(&manifest, 1, what);
    let Some((_, allowed)) = CRATES.iter().find(|(known, _)| *known == name) else {
        return vec![say(format!("`{name}` is missing in the list of crates (xtask/src/dependencies.rs)"))];
    };
    let ours = |dependency: &str| CRATES.iter().any(|(known, _)| *known == dependency);
    let mut findings = Vec::new();
    for dependency in member.dependencies.iter().map(String::as_str) {
        if ours(dependency) && !allowed.contains(&dependency) {
            findings.push(say(format!("{name} must not depend on {dependency}")));
        }
        if let Some((_, floors)) =
            RESERVED.iter().find(|(library, floors)| *library == dependency && !floors.contains(&name))
        {
            findings.push(say(format!("only {} may depend on {dependency}", floors.join(", "))));
        }
    }
    if name == PUBLISHED {
        let own = member.shipped.iter().filter(|dependency| ours(dependency));
        findings.extend(own.map(|own| say(format!("{name} is published without {own}"))));
    }
    if member.shipped.len() > DIRECT_MAX {
        findings.push(say(format!("{} direct dependencies; at most {DIRECT_MAX}", member.shipped.len())));
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(name: &str, dependencies: &[&str]) -> Vec<String> {
        let dependencies: Vec<Value> =
            dependencies.iter().map(|name| serde_json::json!({"name": name, "kind": null})).collect();
        let member = package(&serde_json::json!({"name": name, "source": null, "dependencies": dependencies}));
        check(&[member]).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn floors_look_down_only() {
        assert!(found("web", &["domain", "engine", "axum"]).is_empty());
        assert_eq!(found("domain", &["storage"]), ["crates/domain/Cargo.toml:1: domain must not depend on storage"]);
        assert_eq!(
            found("web", &["rusqlite"]),
            ["crates/web/Cargo.toml:1: only storage, sim, bench may depend on rusqlite"]
        );
        assert_eq!(found("shed", &[]).len(), 1);
        for audience in ["till", "merchant", "office", "account"] {
            assert!(found(audience, &["web-kit", "storage", "askama"]).is_empty(), "{audience}");
            for other in ["till", "merchant", "office", "account", "web"].iter().filter(|other| **other != audience) {
                let what = format!("crates/{audience}/Cargo.toml:1: {audience} must not depend on {other}");
                assert_eq!(found(audience, &[other]), [what]);
            }
            assert_eq!(found("web-kit", &[audience]).len(), 1);
        }
        assert_eq!(
            found("webpos-client", &["api"]),
            ["crates/client/Cargo.toml:1: webpos-client is published without api"]
        );
    }
}
