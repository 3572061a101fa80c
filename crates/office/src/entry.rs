//! Forms of many fields: what was typed, what is wrong with it, and the inputs that show both.

use std::collections::BTreeMap;

use domain::directory::Wrong;
use web_kit::text::fill;

use crate::text::Text;

/// What a form sends, by name.
pub(crate) type Typed = BTreeMap<String, String>;

/// A labelled input.
pub(crate) struct Input {
    pub(crate) name: &'static str,
    pub(crate) label: &'static str,
    /// What stands beside the label.
    pub(crate) more: &'static str,
    pub(crate) value: String,
    /// Characters that it takes.
    pub(crate) most: usize,
    pub(crate) error: Option<String>,
    /// Digits.
    pub(crate) number: bool,
    /// A day.
    pub(crate) date: bool,
    pub(crate) required: bool,
    /// What stands behind it.
    pub(crate) unit: &'static str,
    /// The choices: value, name, chosen. Empty for a text.
    pub(crate) options: Vec<(String, String, bool)>,
}

impl Input {
    pub(crate) fn more(self, more: &'static str) -> Self {
        Self { more, ..self }
    }

    pub(crate) fn most(self, most: usize) -> Self {
        Self { most, ..self }
    }

    pub(crate) fn number(self) -> Self {
        Self { number: true, ..self }
    }

    pub(crate) fn date(self) -> Self {
        Self { date: true, ..self }
    }

    pub(crate) fn optional(self) -> Self {
        Self { required: false, ..self }
    }

    pub(crate) fn unit(self, unit: &'static str) -> Self {
        Self { unit, ..self }
    }

    /// A choice between values; one of them is chosen if it was typed.
    pub(crate) fn options(mut self, options: impl IntoIterator<Item = (String, String)>) -> Self {
        let chosen = self.value.clone();
        self.options = options.into_iter().map(|(value, name)| (value.clone(), name, value == chosen)).collect();
        self
    }
}

/// A form being read or shown.
pub(crate) struct Entered {
    typed: Typed,
    errors: BTreeMap<&'static str, String>,
    text: &'static Text,
}

impl Entered {
    pub(crate) fn of(typed: Typed, text: &'static Text) -> Self {
        Self { typed, errors: BTreeMap::new(), text }
    }

    /// What was typed into a field.
    pub(crate) fn get(&self, name: &str) -> &str {
        self.typed.get(name).map_or("", String::as_str)
    }

    /// The value of a field; its default, with an error beside it, if the check refuses it.
    pub(crate) fn take<T: Default>(&mut self, name: &'static str, check: impl FnOnce(&str) -> Result<T, Wrong>) -> T {
        match check(self.get(name)) {
            Ok(value) => value,
            Err(wrong) => {
                let words = wrong_words(wrong, self.text);
                self.refuse(name, words);
                T::default()
            }
        }
    }

    /// The same for a field that may be empty.
    pub(crate) fn take_optional(
        &mut self,
        name: &'static str,
        check: impl FnOnce(&str) -> Result<String, Wrong>,
    ) -> String {
        if self.get(name).trim().is_empty() { String::new() } else { self.take(name, check) }
    }

    /// Takes what was typed out of a field, so that the page does not repeat it.
    pub(crate) fn forget(&mut self, name: &str) -> String {
        self.typed.remove(name).unwrap_or_default()
    }

    /// Puts an error beside a field.
    pub(crate) fn refuse(&mut self, name: &'static str, error: String) {
        self.errors.entry(name).or_insert(error);
    }

    pub(crate) fn is_sound(&self) -> bool {
        self.errors.is_empty()
    }

    /// A required text input.
    pub(crate) fn input(&self, name: &'static str, label: &'static str) -> Input {
        Input {
            name,
            label,
            more: "",
            value: self.get(name).to_owned(),
            most: 100,
            error: self.errors.get(name).cloned(),
            number: false,
            date: false,
            required: true,
            unit: "",
            options: Vec::new(),
        }
    }
}

fn wrong_words(wrong: Wrong, text: &'static Text) -> String {
    let words = &text.directory;
    match wrong {
        Wrong::Empty => words.wrong_empty.to_owned(),
        Wrong::TooLong(max) => fill(words.wrong_long, &[&max.to_string()]),
        Wrong::Form => words.wrong_form.to_owned(),
        Wrong::Check(check) => fill(words.wrong_check, &[&check.to_string()]),
        Wrong::Range => words.wrong_range.to_owned(),
    }
}

/// Old and new values of the fields that differ, for the audit log.
pub(crate) fn changes(fields: &[(&str, &str, &str)]) -> String {
    let changed = fields.iter().filter(|(_, old, new)| old != new);
    changed.map(|(name, old, new)| format!("{name}: {old} -> {new}")).collect::<Vec<_>>().join("; ")
}

/// How many fields are wrong, in words.
pub(crate) fn wrong_count<'i>(inputs: impl IntoIterator<Item = &'i Input>, text: &'static Text) -> Option<String> {
    let wrong = inputs.into_iter().filter(|one| one.error.is_some()).count();
    (wrong > 0).then(|| fill(text.directory.check_fields, &[&wrong.to_string()]))
}
