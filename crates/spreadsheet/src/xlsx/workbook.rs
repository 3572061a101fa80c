//! What a workbook says about its sheets: which there are, their texts, and which cells are dates.

use std::collections::BTreeSet;
use std::io::Read;

use super::number::is_date_format;
use super::package::Package;
use super::strings::Strings;
use super::xml::{Node, Xml, attributes};
use crate::{Limits, Unreadable};

/// Sheets of a workbook, and relations of a part: more than any real one has.
const LIST_MAX: usize = 10_000;

pub(super) struct Workbook {
    /// The names of the parts of the visible sheets with cells, in their order.
    pub(super) sheets: Vec<String>,
    pub(super) strings: Strings,
    /// For each style of cells whether it shows a number as a date or time.
    pub(super) dates: Vec<bool>,
    /// Whether days count from 1904, as Excel on old Macs did.
    pub(super) is_1904: bool,
}

impl Workbook {
    pub(super) fn open(package: &mut Package<'_>, limits: &Limits) -> Result<Self, Unreadable> {
        let root = relations(package, "", "")?;
        let main = &root.iter().find(|relation| relation.is("officeDocument")).ok_or(Unreadable::Broken)?.target;
        let (folder, file) = main.rsplit_once('/').unwrap_or(("", main));
        let parts = relations(package, folder, file)?;
        let (ids, is_1904) = visible_sheets(&mut package.part(main)?.ok_or(Unreadable::Broken)?)?;
        let sheet = |id: &String| parts.iter().find(|part| part.id == *id && part.is("worksheet"));
        let mut sheets: Vec<String> = ids.iter().filter_map(sheet).map(|part| part.target.clone()).collect();
        // A list that names one large empty sheet ten thousand times would keep the reader busy for hours.
        let mut seen = BTreeSet::new();
        sheets.retain(|name| seen.insert(name.clone()));
        let name = |kind| parts.iter().find(|part| part.is(kind)).map_or("", |part| part.target.as_str());
        let strings = match package.part(name("sharedStrings"))? {
            Some(mut xml) => Strings::read(&mut xml, limits.cell)?,
            None => Strings::default(),
        };
        let dates = match package.part(name("styles"))? {
            Some(mut xml) => date_styles(&mut xml)?,
            None => Vec::new(),
        };
        Ok(Self { sheets, strings, dates, is_1904 })
    }
}

/// What a part is to another.
struct Relation {
    id: String,
    kind: String,
    /// The name of the part.
    target: String,
}

impl Relation {
    /// The address before the name of a kind depends on the edition of the standard.
    fn is(&self, kind: &str) -> bool {
        self.kind.rsplit('/').next() == Some(kind)
    }
}

/// The parts to which a part refers; the part "" is the file itself.
fn relations(package: &mut Package<'_>, folder: &str, file: &str) -> Result<Vec<Relation>, Unreadable> {
    let mut xml = package.part(&format!("{folder}/_rels/{file}.rels"))?.ok_or(Unreadable::Broken)?;
    let mut relations = Vec::new();
    loop {
        match xml.next()? {
            Node::Open(tag) if tag.local_name().as_ref() == "Relationship" && relations.len() < LIST_MAX => {
                let [id, kind, target] = attributes(&tag, ["Id", "Type", "Target"])?.map(Option::unwrap_or_default);
                let target = resolved(folder, &target);
                relations.push(Relation { id: id.into_owned(), kind: kind.into_owned(), target });
            }
            Node::End => return Ok(relations),
            Node::Open(_) | Node::Close(_) | Node::Text(_) | Node::Other => (),
        }
    }
}

/// The name of a part that another one in `folder` calls `target`; each part has only one.
fn resolved(folder: &str, target: &str) -> String {
    let folder = if target.starts_with('/') { "" } else { folder };
    let mut steps: Vec<&str> = Vec::new();
    for step in folder.split('/').chain(target.split(['/', '\\'])) {
        match step {
            "" | "." => (),
            ".." => drop(steps.pop()),
            _ => steps.push(step),
        }
    }
    steps.join("/").to_ascii_lowercase()
}

/// The ids of the sheets that are not hidden, and whether days count from 1904.
fn visible_sheets(xml: &mut Xml<impl Read>) -> Result<(Vec<String>, bool), Unreadable> {
    let (mut ids, mut is_1904) = (Vec::new(), false);
    loop {
        match xml.next()? {
            Node::Open(tag) => match tag.local_name().as_ref() {
                "sheet" if ids.len() < LIST_MAX => {
                    let [id, state] = attributes(&tag, ["id", "state"])?;
                    if !matches!(state.as_deref(), Some("hidden" | "veryHidden")) {
                        ids.push(id.unwrap_or_default().into_owned());
                    }
                }
                "workbookPr" => {
                    let [set] = attributes(&tag, ["date1904"])?;
                    is_1904 |= matches!(set.as_deref(), Some("1" | "true"));
                }
                _ => (),
            },
            Node::End => return Ok((ids, is_1904)),
            Node::Close(_) | Node::Text(_) | Node::Other => (),
        }
    }
}

/// For each style of cells whether it is a date or time.
fn date_styles(xml: &mut Xml<impl Read>) -> Result<Vec<bool>, Unreadable> {
    // Formats of the workbook's own: those that are dates, and the others that replace a known date.
    let (mut dates, mut others) = (BTreeSet::new(), BTreeSet::new());
    let mut styles = Vec::new();
    // There are formats and `xf` elements in other lists too.
    let (mut in_formats, mut in_styles) = (false, false);
    loop {
        match xml.next()? {
            Node::Open(tag) => match tag.local_name().as_ref() {
                "numFmts" => in_formats = true,
                "cellXfs" => in_styles = true,
                "numFmt" if in_formats => {
                    let [id, code] = attributes(&tag, ["numFmtId", "formatCode"])?;
                    let id = number(id.as_deref());
                    let _ =
                        if is_date_format(&code.unwrap_or_default()) { dates.insert(id) } else { others.insert(id) };
                }
                "xf" if in_styles => {
                    let [id] = attributes(&tag, ["numFmtId"])?;
                    let id = number(id.as_deref());
                    styles.push(dates.contains(&id) || is_known_date(id) && !others.contains(&id));
                }
                _ => (),
            },
            Node::Close(name) => match &*name {
                "numFmts" => in_formats = false,
                "cellXfs" => in_styles = false,
                _ => (),
            },
            Node::End => return Ok(styles),
            Node::Text(_) | Node::Other => (),
        }
    }
}

fn number(text: Option<&str>) -> u32 {
    text.and_then(|text| text.parse().ok()).unwrap_or(0)
}

/// The numbers of the formats that every Excel has for dates and times; those from 27 and 50 on are the Chinese ones.
fn is_known_date(format: u32) -> bool {
    matches!(format, 14..=22 | 27..=36 | 45..=47 | 50..=58)
}
