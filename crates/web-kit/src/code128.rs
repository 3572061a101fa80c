//! A number as a Code 128 barcode (ISO/IEC 15417) in SVG, for scanners that read lines only, as on most counters.

use std::fmt::Write as _;

/// Bars and spaces of each symbol value, bar first, in modules.
const WIDTHS: [&[u8; 6]; 106] = [
    b"212222", b"222122", b"222221", b"121223", b"121322", b"131222", b"122213", b"122312", b"132212", b"221213",
    b"221312", b"231212", b"112232", b"122132", b"122231", b"113222", b"123122", b"123221", b"223211", b"221132",
    b"221231", b"213212", b"223112", b"312131", b"311222", b"321122", b"321221", b"312212", b"322112", b"322211",
    b"212123", b"212321", b"232121", b"111323", b"131123", b"131321", b"112313", b"132113", b"132311", b"211313",
    b"231113", b"231311", b"112133", b"112331", b"132131", b"113123", b"113321", b"133121", b"313121", b"211331",
    b"231131", b"213113", b"213311", b"213131", b"311123", b"311321", b"331121", b"312113", b"312311", b"332111",
    b"314111", b"221411", b"431111", b"111224", b"111422", b"121124", b"121421", b"141122", b"141221", b"112214",
    b"112412", b"122114", b"122411", b"142112", b"142211", b"241211", b"221114", b"413111", b"241112", b"134111",
    b"111242", b"121142", b"121241", b"114212", b"124112", b"124211", b"411212", b"421112", b"421211", b"212141",
    b"214121", b"412121", b"111143", b"111341", b"131141", b"114113", b"114311", b"411113", b"411311", b"113141",
    b"114131", b"311141", b"411131", b"211412", b"211214", b"211232",
];
const STOP: &[u8; 7] = b"2331112";
/// Begins code set C, in which a symbol is two digits.
const START: usize = 105;
/// Blank modules that the standard asks for on both sides.
const QUIET: u32 = 10;

/// The bars as an SVG path of height 1, and the width in modules with the blank edges. `None` for what is no even number
/// of digits.
pub fn path(digits: &str) -> Option<(String, u32)> {
    let values = values(digits)?;
    let symbols = values.iter().filter_map(|&value| WIDTHS.get(value)).map(|widths| widths.as_slice());
    // `z` goes back to the beginning of a bar. Steps from there repeat more than places do, and compress to less.
    let (mut path, mut step) = (String::from("M0 0"), QUIET);
    let mut all = 2 * QUIET;
    for symbol in symbols.chain([STOP.as_slice()]) {
        for (place, width) in symbol.iter().enumerate() {
            let width = u32::from(width.wrapping_sub(b'0'));
            if place.is_multiple_of(2) {
                let _ = write!(path, "m{step} 0h{width}v1h-{width}z");
                step = 0;
            }
            step += width;
            all += width;
        }
    }
    Some((path, all))
}

/// Start, pairs of digits, check symbol.
fn values(digits: &str) -> Option<Vec<usize>> {
    let even = !digits.is_empty() && digits.len().is_multiple_of(2) && digits.bytes().all(|b| b.is_ascii_digit());
    let pairs = digits.as_bytes().chunks(2).map(|pair| pair.iter().fold(0, |n, b| n * 10 + usize::from(b - b'0')));
    let mut values: Vec<usize> = even.then(|| std::iter::once(START).chain(pairs).collect())?;
    // The start counts once, as the first pair does.
    let sum: usize = values.iter().enumerate().map(|(place, value)| place.max(1) * value).sum();
    values.push(sum % 103);
    Some(values)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_check_symbol_is_right() {
        // 105 + 1*1 + 4*35 = 246, and 246 mod 103 = 40.
        assert_eq!(values("01000035").as_deref(), Some([105, 1, 0, 0, 35, 40].as_slice()));
    }

    #[test]
    fn bars_have_the_widths_of_the_standard() {
        let (path, width) = path("010000000035").expect("digits");
        // Start, six pairs, check symbol, stop, blank edges.
        assert_eq!(width, 8 * 11 + 13 + 2 * QUIET);
        assert!(path.starts_with("M0 0m10 0h2v1h-2zm3 0h1v1h-1zm3 0h3v1h-3z"), "{path}");
        assert!(path.ends_with("h2v1h-2z"), "{path}");
        // Three bars per symbol, four in the stop.
        assert_eq!(path.matches('m').count(), 8 * 3 + 4);
        for symbol in WIDTHS {
            assert_eq!(symbol.iter().map(|width| u32::from(width - b'0')).sum::<u32>(), 11);
        }
        let different: std::collections::BTreeSet<_> = WIDTHS.iter().collect();
        assert_eq!(different.len(), WIDTHS.len());
    }

    #[test]
    fn only_pairs_of_digits() {
        for text in ["", "1", "123", "12a4", "\u{ff11}\u{ff12}", "-1"] {
            assert_eq!(path(text), None, "{text}");
        }
    }
}
