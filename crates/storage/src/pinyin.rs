//! Pinyin of names, so that goods are found by it although the merchant's own program did not send any.

use pinyin::ToPinyin as _;

/// Characters that a pharmacy reads in another way than the table's first one: ginseng (shen), mint (bo), officinal
/// magnolia bark (po), phellodendron (bai), white atractylodes (zhu), plantain seed (che), shell (qiao, as in forsythia).
const IN_A_PHARMACY: [(char, &str); 7] = [
    ('\u{53c2}', "shen"),
    ('\u{8584}', "bo"),
    ('\u{6734}', "po"),
    ('\u{67cf}', "bai"),
    ('\u{672f}', "zhu"),
    ('\u{8f66}', "che"),
    ('\u{58f3}', "qiao"),
];

/// Initials that a product may have, as the API limits them.
const INITIALS_MAX: usize = 60;

/// One syllable per Chinese character; letters and digits stand for themselves; anything else is left out. Lower case.
pub(crate) fn syllables(name: &str) -> impl Iterator<Item = String> {
    name.chars().filter_map(|c| {
        if c.is_ascii_alphanumeric() {
            return Some(c.to_ascii_lowercase().to_string());
        }
        let other = IN_A_PHARMACY.iter().find(|(character, _)| *character == c).map(|(_, syllable)| *syllable);
        let syllable = other.or_else(|| c.to_pinyin().map(pinyin::Pinyin::plain))?;
        // Keyboards have no umlaut: it is typed as v.
        Some(syllable.replace('\u{fc}', "v"))
    })
}

/// First letters of the syllables.
pub(crate) fn initials(name: &str) -> String {
    syllables(name).filter_map(|syllable| syllable.chars().next()).take(INITIALS_MAX).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_as_it_is_spelled() {
        for (name, spelled, letters) in [
            ("\u{611f}\u{5192}\u{7075}\u{9897}\u{7c92}", "gan mao ling ke li", "gmlkl"),
            ("\u{7ef4}\u{751f}\u{7d20}C\u{7247}", "wei sheng su c pian", "wsscp"),
            ("\u{4eba}\u{53c2}", "ren shen", "rs"),
            ("\u{8584}\u{8377}", "bo he", "bh"),
            ("\u{7eff}\u{8336} (\u{888b})", "lv cha dai", "lcd"),
            ("Omega-3", "o m e g a 3", "omega3"),
            ("", "", ""),
        ] {
            assert_eq!(syllables(name).collect::<Vec<_>>().join(" "), spelled, "{name}");
            assert_eq!(initials(name), letters, "{name}");
        }
        assert_eq!(initials(&"x".repeat(500)).len(), INITIALS_MAX);
    }
}
