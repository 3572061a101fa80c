//! One text for two databases. Texts are written for SQLite; here is all that PostgreSQL wants otherwise.

/// `sql` for PostgreSQL: `?1` becomes `$1`, `instr` is called `strpos`, `json_each` takes a JSON value and answers texts,
/// and `INDEXED BY name` goes, because its planner takes no orders. Literals stay as they are. `(?1 IS NULL OR a = ?1)`
/// becomes `(a = ?1 OR ?1 IS NULL)`, because a parameter takes its type from where it stands first.
pub fn postgres(sql: &str) -> String {
    let sql = typed_first(sql);
    let mut text = String::with_capacity(sql.len());
    for (nth, part) in sql.split('\'').enumerate() {
        if nth > 0 {
            text.push('\'');
        }
        // Every other part is inside quotes.
        if nth % 2 == 1 {
            text.push_str(part);
        } else {
            text.push_str(&outside(part));
        }
    }
    text
}

fn typed_first(sql: &str) -> String {
    const NULL: &str = " IS NULL OR ";
    let (mut text, mut rest) = (String::with_capacity(sql.len()), sql);
    while let Some(at) = rest.find("(?") {
        let (before, inner) = rest.split_at(at + 1);
        let number = inner[1..].find(|c: char| !c.is_ascii_digit()).map_or(inner.len(), |length| length + 1);
        let (parameter, after) = inner.split_at(number);
        text.push_str(before);
        match after.strip_prefix(NULL).and_then(|other| Some((other, closing(other)?))) {
            Some((other, end)) => {
                text.push_str(&typed_first(&other[..end]));
                text.push_str(" OR ");
                text.push_str(parameter);
                text.push_str(" IS NULL");
                rest = &other[end..];
            }
            None => rest = inner,
        }
    }
    text.push_str(rest);
    text
}

/// Where the parenthesis closes that is open at the beginning of `text`.
fn closing(text: &str) -> Option<usize> {
    let (mut depth, mut quoted) = (0_u32, false);
    for (at, c) in text.char_indices() {
        match c {
            '\'' => quoted = !quoted,
            '(' if !quoted => depth += 1,
            ')' if !quoted && depth == 0 => return Some(at),
            ')' if !quoted => depth -= 1,
            _ => {}
        }
    }
    None
}

fn outside(part: &str) -> String {
    let mut text = part.replace('?', "$").replace("instr(", "strpos(");
    for number in 1..=9 {
        let server = format!("json_each_text(CAST(CAST(${number} AS TEXT) AS JSON))");
        text = text.replace(&format!("json_each(${number})"), &server);
    }
    while let Some(at) = text.find("INDEXED BY ") {
        let name = at + "INDEXED BY ".len();
        let end =
            text[name..].find(|c: char| !c.is_alphanumeric() && c != '_').map_or(text.len(), |length| name + length);
        text.replace_range(at..end, "");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parameter_stands_first_where_its_type_shows() {
        assert_eq!(
            postgres("WHERE (?2 IS NULL OR o.id = ?2) AND (?13 IS NULL OR (a = ')' AND b = ?13))"),
            "WHERE (o.id = $2 OR $2 IS NULL) AND ((a = ')' AND b = $13) OR $13 IS NULL)"
        );
        assert_eq!(postgres("f(?1, ?2) = (?1 IS NULL)"), "f($1, $2) = ($1 IS NULL)");
    }

    #[test]
    fn placeholders_names_and_hints_change_and_literals_do_not() {
        assert_eq!(
            postgres("SELECT '?1', instr(a, ?12) FROM t WHERE b = ''"),
            "SELECT '?1', strpos(a, $12) FROM t WHERE b = ''"
        );
        assert_eq!(
            postgres("SELECT key FROM json_each(?2)"),
            "SELECT key FROM json_each_text(CAST(CAST($2 AS TEXT) AS JSON))"
        );
        assert_eq!(postgres("SELECT 1 FROM t INDEXED BY t_one WHERE a = ?1"), "SELECT 1 FROM t  WHERE a = $1");
        assert_eq!(postgres("SELECT 'it''s ?1' || ?1"), "SELECT 'it''s ?1' || $1");
    }
}
