//! Lists, read page by page.

use std::marker::PhantomData;

use serde::de::DeserializeOwned;

use crate::client::{Call, Client, Query};
use crate::model::List;
use crate::operation::Operation;
use crate::problem::Error;

/// A list that is read page by page.
#[derive(Debug)]
#[must_use = "nothing is requested before the first page"]
pub struct Pages<T> {
    client: Client,
    operation: Operation,
    parts: Vec<String>,
    filter: Query,
    cursor: Option<String>,
    limit: Option<u32>,
    done: bool,
    of: PhantomData<fn() -> T>,
}

impl<T: DeserializeOwned> Pages<T> {
    pub(crate) fn new(client: &Client, operation: Operation, parts: &[&str], filter: Query) -> Self {
        Self {
            client: client.clone(),
            operation,
            parts: parts.iter().map(|&part| part.to_owned()).collect(),
            filter,
            cursor: None,
            limit: None,
            done: false,
            of: PhantomData,
        }
    }

    /// Starts at the cursor of an earlier reading.
    pub fn after(self, cursor: impl Into<String>) -> Self {
        Self { cursor: Some(cursor.into()), ..self }
    }

    /// Rows per page, 1 to 200; 50 by default.
    pub fn limit(self, limit: u32) -> Self {
        Self { limit: Some(limit), ..self }
    }

    /// The current cursor. Keep it to get later rows.
    pub fn cursor(&self) -> Option<&str> {
        self.cursor.as_deref()
    }

    /// The rows of the next page, or `None` after the last. It may be called again after an error.
    pub async fn next(&mut self) -> Result<Option<Vec<T>>, Error> {
        if self.done {
            return Ok(None);
        }
        let parts: Vec<&str> = self.parts.iter().map(String::as_str).collect();
        let mut query = self.filter.clone();
        query.extend(place(self.cursor.as_deref(), self.limit));
        let page: List<T> = self.client.read(&Call::new(self.operation, &parts).query(&query)).await?;
        self.done = !page.has_more;
        self.cursor = page.next_cursor.or(self.cursor.take());
        Ok(Some(page.data))
    }

    /// Every row to the end of the list.
    pub async fn all(mut self) -> Result<Vec<T>, Error> {
        let mut rows = Vec::new();
        while let Some(page) = self.next().await? {
            rows.extend(page);
        }
        Ok(rows)
    }
}

/// The parameters of a page.
pub(crate) fn place(cursor: Option<&str>, limit: Option<u32>) -> Query {
    vec![cursor.map(str::to_owned), limit.map(|limit| limit.to_string())]
}
