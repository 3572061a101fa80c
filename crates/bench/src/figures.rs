//! Measured figures beside their baselines and targets, as a table and as a picture.

use std::fmt::Write as _;

/// The target of a figure.
#[derive(Clone, Copy, Debug)]
pub enum Goal {
    /// At least this many times the baseline.
    Times(f64),
    /// At most this value.
    Within(f64),
    /// No target.
    Nothing,
}

/// One line of the table.
#[derive(Clone, Debug)]
pub struct Figure {
    what: String,
    unit: &'static str,
    value: f64,
    baseline: Option<(String, f64)>,
    goal: Goal,
}

/// The figures of a run.
#[derive(Debug, Default)]
pub struct Figures(Vec<Figure>);

impl Figures {
    /// Adds a rate (per second) with the target of `times` its baseline in the same run.
    pub fn times(&mut self, what: &str, value: f64, baseline: (&str, f64), times: f64) {
        let baseline = Some((baseline.0.to_owned(), baseline.1));
        self.add(Figure { what: what.to_owned(), unit: "/s", value, baseline, goal: Goal::Times(times) });
    }

    /// Adds a figure with an upper limit.
    pub fn within(&mut self, what: &str, value: f64, unit: &'static str, within: f64) {
        self.add(Figure { what: what.to_owned(), unit, value, baseline: None, goal: Goal::Within(within) });
    }

    /// Adds a figure without a target.
    pub fn note(&mut self, what: &str, value: f64, unit: &'static str) {
        self.add(Figure { what: what.to_owned(), unit, value, baseline: None, goal: Goal::Nothing });
    }

    fn add(&mut self, figure: Figure) {
        self.0.push(figure);
    }

    /// The figures as a table.
    pub fn table(&self) -> String {
        let width = self.0.iter().map(|figure| figure.what.chars().count()).max().unwrap_or(0);
        let mut text = format!("{:width$}  {:>12}  {:<22} {:>6}  target\n", "figure", "measured", "baseline", "ratio");
        for figure in &self.0 {
            let (baseline, ratio) = match &figure.baseline {
                Some((name, value)) => (format!("{name} {value:.0}/s"), format!("{:.2}", figure.value / value)),
                None => (String::new(), String::new()),
            };
            let value = format!("{}{}", short(figure.value), spaced(figure.unit));
            let goal = match figure.met() {
                Some(met) => format!("{}{}", figure.wish(), if met { "" } else { "  NOT MET" }),
                None => String::new(),
            };
            let line = format!("{:width$}  {value:>12}  {baseline:<22} {ratio:>6}  {goal}", figure.what);
            let _ = writeln!(text, "{}", line.trim_end());
        }
        text
    }

    /// The figures as an SVG picture: bars relative to the target, which is the dashed line.
    pub fn picture(&self, title: &str) -> String {
        const ROW: usize = 26;
        const LEFT: f64 = 330.0;
        const LINE: f64 = 220.0;
        let rows: Vec<&Figure> = self.0.iter().filter(|figure| figure.met().is_some()).collect();
        let height = rows.len() * ROW + 64;
        let mut svg = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 960 {height}\" font-family=\"sans-serif\" \
             font-size=\"13\" role=\"img\" aria-label=\"{title}\">\n<rect width=\"960\" height=\"{height}\" \
             fill=\"#fff\"/>\n<text x=\"16\" y=\"26\" font-size=\"16\" font-weight=\"bold\">{title}</text>\n"
        );
        for (at, figure) in rows.iter().enumerate() {
            let y = at * ROW + 44;
            let met = figure.met().unwrap_or(true);
            let length = (figure.share() * LINE).clamp(2.0, 400.0);
            let colour = if met { "#0f766e" } else { "#b45309" };
            let _ = writeln!(
                svg,
                "<text x=\"16\" y=\"{}\">{}</text><rect x=\"{LEFT}\" y=\"{y}\" width=\"{length:.0}\" height=\"16\" \
                 fill=\"{colour}\"/><text x=\"{:.0}\" y=\"{}\">{}</text>",
                y + 13,
                figure.what,
                LEFT + length + 8.0,
                y + 13,
                figure.said(),
            );
        }
        let at = LEFT + LINE;
        let _ = writeln!(svg, "<path d=\"M{at} 38V{}\" stroke=\"#111\" stroke-dasharray=\"3 3\"/>", height - 20);
        let _ = writeln!(svg, "<text x=\"{at}\" y=\"{}\" text-anchor=\"middle\">target</text>\n</svg>", height - 6);
        svg
    }
}

impl Figure {
    /// The value relative to its target: 1 meets it exactly.
    fn share(&self) -> f64 {
        match (self.goal, &self.baseline) {
            (Goal::Times(times), Some((_, baseline))) => self.value / baseline / times,
            (Goal::Within(limit), _) => {
                if limit > 0.0 {
                    self.value / limit
                } else {
                    self.value * 2.0
                }
            }
            _ => 0.0,
        }
    }

    fn met(&self) -> Option<bool> {
        match self.goal {
            Goal::Times(_) => Some(self.share() >= 1.0),
            Goal::Within(_) => Some(self.share() <= 1.0),
            Goal::Nothing => None,
        }
    }

    fn wish(&self) -> String {
        match self.goal {
            Goal::Times(times) => format!("at least {}", short(times)),
            Goal::Within(limit) => format!("at most {}{}", short(limit), spaced(self.unit)),
            Goal::Nothing => String::new(),
        }
    }

    fn said(&self) -> String {
        let what = match &self.baseline {
            Some((name, baseline)) => format!("{:.2} times {name}", self.value / baseline),
            None => format!("{}{}", short(self.value), spaced(self.unit)),
        };
        format!("{what} ({})", self.wish())
    }
}

/// Three significant digits.
fn short(value: f64) -> String {
    let digits = if value >= 100.0 {
        0
    } else if value >= 10.0 {
        1
    } else {
        2
    };
    format!("{value:.digits$}")
}

fn spaced(unit: &str) -> String {
    if unit.starts_with('/') { unit.to_owned() } else { format!(" {unit}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missed_target_is_marked() {
        let mut figures = Figures::default();
        figures.times("payments", 100.0, ("other", 50.0), 2.0);
        figures.times("sales", 99.0, ("other", 50.0), 2.0);
        figures.within("wait", 3.0, "ms", 2.5);
        figures.note("size", 12.0, "bytes");
        let table = figures.table();
        let said: Vec<bool> = table.lines().skip(1).map(|line| line.ends_with("NOT MET")).collect();
        assert_eq!(said, [false, true, true, false], "{table}");
        assert_eq!(figures.picture("x").matches("<rect").count(), 4, "the background and three bars");
    }
}
