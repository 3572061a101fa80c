//! An amount in Chinese capitals, which cannot be altered by adding a stroke.

use super::Fen;

const DIGITS: [&str; 10] = ["零", "壹", "贰", "叁", "肆", "伍", "陆", "柒", "捌", "玖"];
const PLACES: [&str; 4] = ["", "拾", "佰", "仟"];
const GROUPS: [&str; 5] = ["", "万", "亿", "万亿", "亿亿"];

pub(super) fn in_words(amount: Fen) -> String {
    let fen = amount.0.unsigned_abs();
    let (yuan, jiao, cent) = (fen.wrapping_div(100), fen.wrapping_div(10).wrapping_rem(10), fen.wrapping_rem(10));
    let mut text = String::from("人民币");
    if amount.0 < 0 {
        text.push('负');
    }
    if yuan > 0 || fen == 0 {
        text.push_str(&whole(yuan));
        text.push('元');
    }
    match (jiao, cent) {
        (0, 0) => text.push('整'),
        (0, cent) => {
            if yuan > 0 {
                text.push('零');
            }
            push_digit(&mut text, cent, "分");
        }
        (jiao, cent) => {
            // A zero in the yuan's last place is read out before jiao only when it separates two figures that are both there.
            if yuan > 0 && yuan.wrapping_rem(10) == 0 && cent > 0 {
                text.push('零');
            }
            push_digit(&mut text, jiao, "角");
            if cent > 0 { push_digit(&mut text, cent, "分") } else { text.push('整') }
        }
    }
    text
}

fn push_digit(text: &mut String, digit: u64, unit: &str) {
    text.push_str(name(&DIGITS, digit));
    text.push_str(unit);
}

fn name<'a>(names: &[&'a str], index: u64) -> &'a str {
    usize::try_from(index).ok().and_then(|i| names.get(i)).copied().unwrap_or("")
}

fn whole(mut number: u64) -> String {
    if number == 0 {
        return "零".to_owned();
    }
    let mut groups = Vec::new();
    while number > 0 {
        groups.push(number.wrapping_rem(10_000));
        number = number.wrapping_div(10_000);
    }
    let mut text = String::new();
    let mut zero = false;
    for (index, &group) in groups.iter().enumerate().rev() {
        if group == 0 {
            zero = !text.is_empty();
            continue;
        }
        if !text.is_empty() && (zero || group < 1_000) {
            text.push('零');
        }
        zero = false;
        text.push_str(&below_ten_thousand(group));
        text.push_str(GROUPS.get(index).copied().unwrap_or(""));
    }
    text
}

fn below_ten_thousand(group: u64) -> String {
    let mut text = String::new();
    let mut zero = false;
    for (place, unit) in PLACES.iter().enumerate().rev() {
        let power = 10_u64.saturating_pow(u32::try_from(place).unwrap_or(0));
        let digit = group.checked_div(power).unwrap_or(0).wrapping_rem(10);
        if digit == 0 {
            zero = !text.is_empty();
            continue;
        }
        if zero {
            text.push('零');
            zero = false;
        }
        push_digit(&mut text, digit, unit);
    }
    text
}
