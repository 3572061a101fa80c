//! The zip file around a workbook, and what it unpacks to.

use std::io::{self, Cursor, Read as _};

use zip::ZipArchive;
use zip::read::ZipFile;

use super::xml::Xml;
use crate::{Limits, Unreadable};

/// Parts of a workbook. One with many pictures has hundreds.
const PARTS_MAX: usize = 1_000;

/// Below this the ratio does not matter: an almost empty sheet with many formatted cells packs very well.
const RATIO_FROM: u64 = 8 << 20;

/// A part of a package.
pub(super) type Part<'p, 'a> = Xml<ZipFile<'p, Cursor<&'a [u8]>>>;

pub(super) struct Package<'a> {
    archive: ZipArchive<Cursor<&'a [u8]>>,
    /// The names of the parts in the order of the archive, in the form of [`plain`].
    names: Vec<String>,
}

impl<'a> Package<'a> {
    pub(super) fn open(bytes: &'a [u8], limits: &Limits) -> Result<Self, Unreadable> {
        // The directory is kept in memory, so count its entries before reading it.
        if memchr::memmem::find_iter(bytes, b"PK\x01\x02").take(PARTS_MAX + 1).count() > PARTS_MAX {
            return Err(Unreadable::Bomb);
        }
        let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(|_| Unreadable::Broken)?;
        check_size(&mut archive, bytes.len(), limits)?;
        let names = archive.file_names_raw().map(|name| plain(&String::from_utf8_lossy(name))).collect();
        Ok(Self { archive, names })
    }

    /// Opens a part. Excel does not mind upper and lower case in its name.
    pub(super) fn part(&mut self, name: &str) -> Result<Option<Part<'_, 'a>>, Unreadable> {
        let name = plain(name);
        let Some(index) = self.names.iter().position(|known| *known == name) else { return Ok(None) };
        let part = self.archive.by_index(index).map_err(|_| Unreadable::Broken)?;
        Ok(Some(Xml::new(part)))
    }
}

/// Some programs on Windows write the names of parts with backslashes.
fn plain(name: &str) -> String {
    name.trim_start_matches('/').replace('\\', "/").to_ascii_lowercase()
}

/// Unpacks everything once and keeps nothing: only the bytes themselves tell how many they are. The directory may lie,
/// and several of its entries may share their bytes.
fn check_size(archive: &mut ZipArchive<Cursor<&[u8]>>, packed: usize, limits: &Limits) -> Result<(), Unreadable> {
    let packed = u64::try_from(packed).unwrap_or(u64::MAX);
    let ratio_max = packed.saturating_mul(limits.ratio).max(RATIO_FROM);
    let max = limits.unpacked.min(ratio_max);
    let mut unpacked: u64 = 0;
    for index in 0..archive.len() {
        let part = archive.by_index(index).map_err(|_| Unreadable::Broken)?;
        let left = max.saturating_sub(unpacked).saturating_add(1);
        unpacked += io::copy(&mut part.take(left), &mut io::sink()).map_err(|_| Unreadable::Broken)?;
        if unpacked > max {
            return Err(Unreadable::Bomb);
        }
    }
    Ok(())
}
