//! A question that is put together from pieces.

use super::ToSql;

/// A question as text and values. What is not asked for is not in the text, so that each kind of question walks along an
/// index of its own.
#[derive(Default)]
pub(crate) struct Question<'v> {
    pub(crate) text: String,
    pub(crate) values: Vec<&'v dyn ToSql>,
}

impl<'v> Question<'v> {
    /// Adds a piece of text, with a value for each `?` in it.
    pub(crate) fn put(&mut self, text: &str, values: &[&'v dyn ToSql]) {
        let mut values = values.iter();
        for (n, piece) in text.split('?').enumerate() {
            if n > 0 {
                self.values.extend(values.next());
                self.text += "?";
                self.text += &self.values.len().to_string();
            }
            self.text += piece;
        }
    }
}
