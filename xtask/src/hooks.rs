//! Compares the hooks of the script with those of the templates, in both directions.
//!
//! The script reads a hook as `[data-name]` in a selector, as `dataset.name`, as `'name' in el.dataset` or as
//! `say('name', bad, el)`; a sentence as `say('name')`, which is `data-name` of `#say`; an element as `#id`. Templates set
//! all of them as attributes.

use std::collections::BTreeMap;

use crate::repo::{Finding, Repo};

/// Names with their first place: (path, line).
type Names = BTreeMap<String, (String, usize)>;

/// The names that one side reads or sets.
#[derive(Default)]
struct Side {
    hooks: Names,
    sentences: Names,
    ids: Names,
}

pub(crate) fn check(repo: &Repo) -> Vec<Finding> {
    let (script, own) = script(repo);
    let (set, asked) = templates(repo);
    let styled = styled(repo);
    let mut findings = Vec::new();
    let mut missing = |names: &Names, known: &[&Names], what: &dyn Fn(&str) -> String| {
        let unknown = names.iter().filter(|(name, _)| !known.iter().any(|side| side.contains_key(*name)));
        findings.extend(unknown.map(|(name, (path, line))| Finding::new(path, *line, what(name))));
    };
    missing(&script.hooks, &[&set.hooks, &own.hooks], &|name| format!("no template sets `{name}`"));
    missing(&set.hooks, &[&script.hooks, &styled], &|name| {
        format!("`{name}` is known neither to the script nor to a style sheet")
    });
    missing(&script.sentences, &[&set.sentences], &|name| format!("`#say` has no `{name}`"));
    missing(&set.sentences, &[&script.sentences], &|name| format!("the script never says `{name}`"));
    missing(&script.ids, &[&set.ids, &own.ids], &|name| format!("no template has the id `{name}`"));
    missing(&asked, &[&set.ids], &|name| format!("no template has the id `{name}`"));
    findings.extend(polls(repo));
    findings
}

/// A panel that looks by itself sends a form, without its button: what is no form never asks, and a button's value is
/// never sent.
fn polls(repo: &Repo) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (path, text) in repo.with_extension("html").filter(|(path, _)| path.contains("/templates/")) {
        for (before, after) in splits(text, " data-poll").filter(|(_, after)| !after.starts_with('-')) {
            let line = before.matches('\n').count() + 1;
            let tag = before.rsplit('<').next().unwrap_or_default();
            let form = after.split("</form>").next().unwrap_or_default();
            let named = form
                .split("<button")
                .skip(1)
                .any(|button| button.split('>').next().unwrap_or_default().contains(" name="));
            if tag.split_whitespace().next() != Some("form") {
                findings.push(Finding::new(path, line, "`data-poll` stands on something that is no form".to_owned()));
            } else if named {
                findings.push(Finding::new(path, line, "the button of a form with `data-poll` has a name".to_owned()));
            }
        }
    }
    findings
}

fn add(names: &mut Names, name: String, path: &str, line: usize) {
    names.entry(name).or_insert_with(|| (path.to_owned(), line));
}

/// The names that the script reads, and those that it sets itself.
fn script(repo: &Repo) -> (Side, Side) {
    let (mut asked, mut own) = (Side::default(), Side::default());
    for (path, text) in repo.with_extension("js").filter(|(path, _)| path.contains("/static/")) {
        for (at, line) in (1..).zip(text.lines()).filter(|(_, line)| !line.trim_start().starts_with("//")) {
            for (name, _) in words_after(line, "data-") {
                add(&mut asked.hooks, format!("data-{name}"), path, at);
            }
            for (name, rest) in words_after(line, "dataset.") {
                add(if assigns(rest) { &mut own.hooks } else { &mut asked.hooks }, hook(name), path, at);
            }
            for (before, after) in splits(line, "' in ") {
                let object: &str = after.split(|c: char| !(c.is_alphanumeric() || c == '.')).next().unwrap_or_default();
                if object.ends_with("dataset") {
                    add(&mut asked.hooks, hook(before.rsplit('\'').next().unwrap_or_default()), path, at);
                }
            }
            for (name, rest) in words_after(line, "say('") {
                let arguments = rest.split(')').next().unwrap_or_default();
                let of_field = arguments.matches(',').count() > 1;
                add(if of_field { &mut asked.hooks } else { &mut asked.sentences }, hook(name), path, at);
            }
            for (name, _) in words_after(line, "#") {
                add(&mut asked.ids, name.to_owned(), path, at);
            }
            for (_, after) in splits(line, ".id =") {
                let name = after.split('\'').nth(1).unwrap_or_default();
                add(if after.starts_with('=') { &mut asked.ids } else { &mut own.ids }, name.to_owned(), path, at);
            }
        }
    }
    (asked, own)
}

/// The names that templates set, and the ids that their attributes refer to.
fn templates(repo: &Repo) -> (Side, Names) {
    let (mut set, mut asked) = (Side::default(), Names::new());
    let components = components(repo);
    for (path, text) in repo.with_extension("html").filter(|(path, _)| path.contains("/templates/")) {
        let mut in_say = false;
        for (at, line) in (1..).zip(text.lines()).filter(|(_, line)| !line.trim_start().starts_with("{#")) {
            in_say |= line.contains("id=\"say\"");
            for (name, rest) in words_after(line, "data-") {
                add(if in_say { &mut set.sentences } else { &mut set.hooks }, format!("data-{name}"), path, at);
                let value = rest.strip_prefix("=\"").and_then(|value| value.split('"').next()).unwrap_or_default();
                for (id, _) in words_after(value, "#") {
                    add(&mut asked, id.to_owned(), path, at);
                }
            }
            for (id, _) in words_after(line, " id=\"") {
                add(&mut set.ids, id.to_owned(), path, at);
            }
            for (component, argument) in &components {
                for (_, after) in splits(line, component) {
                    let id = after.split(", ").nth(*argument).unwrap_or_default();
                    add(&mut set.ids, id.trim_matches('"').to_owned(), path, at);
                }
            }
            in_say &= !line.ends_with('>');
        }
    }
    (set, asked)
}

/// Components that set an id from an argument: the beginning of a call, and the argument's position.
fn components(repo: &Repo) -> Vec<(String, usize)> {
    let macros = repo.with_extension("html").flat_map(|(_, text)| text.split("{% macro ").skip(1));
    let with_id = macros.filter_map(|text| {
        let (head, body) = text.split_once(" %}")?;
        let (name, arguments) = head.trim_end_matches([' ', '-', ')']).split_once('(')?;
        let sets = body.split("{% endmacro").next()?.contains(" id=\"{{ id }}\"");
        let argument = arguments.split(", ").position(|argument| argument == "id");
        Some((format!("ui::{name}("), argument.filter(|_| sets)?))
    });
    with_id.collect()
}

/// Hooks that a style sheet selects by.
fn styled(repo: &Repo) -> Names {
    let mut names = Names::new();
    for (path, text) in repo.with_extension("css").filter(|(path, _)| path.contains("/static/")) {
        for (at, line) in (1..).zip(text.lines()) {
            for (name, _) in words_after(line, "[data-") {
                add(&mut names, format!("data-{name}"), path, at);
            }
        }
    }
    names
}

/// The text before and after each `mark`.
fn splits<'a>(line: &'a str, mark: &'a str) -> impl Iterator<Item = (&'a str, &'a str)> {
    line.match_indices(mark).map(move |(at, _)| (&line[..at], &line[at + mark.len()..]))
}

/// The word directly after each `mark`, and the rest of the line.
fn words_after<'a>(line: &'a str, mark: &'a str) -> impl Iterator<Item = (&'a str, &'a str)> {
    splits(line, mark).filter_map(|(_, after)| {
        let end = after.find(|c: char| !(c.is_ascii_alphanumeric() || c == '-')).unwrap_or(after.len());
        after.starts_with(|c: char| c.is_ascii_alphabetic()).then(|| after.split_at(end))
    })
}

/// True for `=`, false for `==` and `===`.
fn assigns(rest: &str) -> bool {
    let rest = rest.trim_start();
    rest.starts_with('=') && !rest.starts_with("==")
}

/// `fastPin` is `data-fast-pin`.
fn hook(name: &str) -> String {
    name.chars().fold("data-".to_owned(), |mut hook, letter| {
        if letter.is_ascii_uppercase() {
            hook.push('-');
        }
        hook.push(letter.to_ascii_lowercase());
        hook
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCRIPT: &str = "crates/kit/static/js/a.js";
    const PAGE: &str = "crates/till/templates/b.html";
    const SAY: &str = "<div id=\"say\" data-fast-pin=\"x\"\n  data-offline=\"y\"></div>\n";

    fn found(script: &str, page: &str, style: &str) -> Vec<String> {
        let page = format!("{SAY}{page}");
        let script = format!("say('fastPin'); say('offline');\n{script}");
        let files = [(SCRIPT, script.as_str()), (PAGE, page.as_str()), ("crates/kit/static/c.css", style)];
        check(&Repo::of(&files)).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn both_sides_that_agree_are_silent() {
        let script = "// data-none\n$('[data-a-b]'); el.dataset.cD = 1; el.dataset.cD === 2; if ('eF' in el.dataset) say('h', true, el);\n\
                      live.id = 'live'; $('#code,#live'); el.id === 'code';";
        let page = "{# data-none #}\n<p id=\"code\" data-a-b=\"#code\" data-e-f data-h{% if x %} data-g{% endif %}>\n\
                    {% macro own(page, id) %}\n<i id=\"{{ id }}\">\n{% endmacro %}\n\
                    {{ ui::own(page, \"why\", x) }}<p data-e-f=\"#why\">\n";
        assert_eq!(found(script, page, "p[data-g] { margin: 0; }"), Vec::<String>::new());
    }

    #[test]
    fn what_only_one_side_knows_is_found_where_it_stands() {
        let script = "$('[data-gone]');\nel.dataset.lost;\nif ('way' in el.dataset) say('misread');\nsay('worn', true, el); $('#none');";
        let page = "<p data-dead data-open=\"#nowhere\">\n";
        assert_eq!(
            found(script, page, ""),
            [
                format!("{SCRIPT}:2: no template sets `data-gone`"),
                format!("{SCRIPT}:3: no template sets `data-lost`"),
                format!("{SCRIPT}:4: no template sets `data-way`"),
                format!("{SCRIPT}:5: no template sets `data-worn`"),
                format!("{PAGE}:3: `data-dead` is known neither to the script nor to a style sheet"),
                format!("{PAGE}:3: `data-open` is known neither to the script nor to a style sheet"),
                format!("{SCRIPT}:4: `#say` has no `data-misread`"),
                format!("{SCRIPT}:5: no template has the id `none`"),
                format!("{PAGE}:3: no template has the id `nowhere`"),
            ]
        );
    }

    #[test]
    fn a_panel_that_looks_by_itself_is_a_form_whose_button_has_no_name() {
        let script = "$('form[data-poll]'); $('[data-poll-n]');";
        let good = "<form method=\"post\" data-poll>\n<button>x</button></form><b data-poll-n></b>\n";
        assert_eq!(found(script, good, ""), Vec::<String>::new());
        let bad = "<b data-poll-n></b>\n<section\n data-poll><form><button>x</button></form></section>\n\
                   <form data-poll>\n<button\n name=\"do\">x</button></form>\n";
        assert_eq!(
            found(script, bad, ""),
            [
                format!("{PAGE}:5: `data-poll` stands on something that is no form"),
                format!("{PAGE}:6: the button of a form with `data-poll` has a name"),
            ]
        );
    }

    #[test]
    fn a_sentence_that_the_script_never_says_is_found() {
        let files = [(SCRIPT, "say('offline');"), (PAGE, SAY)];
        let found: Vec<String> = check(&Repo::of(&files)).iter().map(ToString::to_string).collect();
        assert_eq!(found, [format!("{PAGE}:1: the script never says `data-fast-pin`")]);
    }
}
