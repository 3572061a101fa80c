//! Addresses that carry values.

use std::fmt::Write as _;

/// `path` with those `fields` that are not empty.
pub fn link(path: &str, fields: &[(&str, &str)]) -> String {
    let mut address = path.to_owned();
    let mut before = '?';
    for (name, value) in fields.iter().filter(|(_, value)| !value.is_empty()) {
        let _ = write!(address, "{before}{name}=");
        for byte in value.bytes() {
            match byte {
                b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' | b'-' | b'.' | b'_' | b'~' => address.push(char::from(byte)),
                // Writing to a string cannot fail.
                _ => drop(write!(address, "%{byte:02X}")),
            }
        }
        before = '&';
    }
    address
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_cannot_become_part_of_the_address() {
        let fields = [("q", "\u{611f}&a=b #?"), ("order", ""), ("qty", "3")];
        assert_eq!(link("/sale/picker", &fields), "/sale/picker?q=%E6%84%9F%26a%3Db%20%23%3F&qty=3");
        assert_eq!(link("/sale", &[]), "/sale");
    }
}
