//! The captcha as a picture.
//!
//! What must stay true: nothing but shape tells a letter from the line across it. Both have one colour and nearly one
//! width, letters touch, no two are bent alike, and the place of none is known.

use std::f32::consts::TAU;

use crate::{ALPHABET, Random, indices, whole};

/// Strokes per character of [`ALPHABET`], as points `xy` in hexadecimal on a grid 10 wide and 14 high; `|` lifts the pen,
/// `~` rounds the corners.
const GLYPHS: [&str; ALPHABET.len()] = [
    "0e 50 ae|29 89",
    "a0 00 0e ae|07 87",
    "00 0e|a0 ae|07 a7",
    "00 0e ae",
    "0e 00 58 a0 ae",
    "0e 00|~00 80 a1 a7 88 08|48 ae",
    "~00 0a 0e 5e ae aa a0",
    "00 2e 54 8e a0",
    "00 ae|a0 0e",
    "~02 10 50 90 a4 87 0e|0e ae",
    "~02 10 50 90 a3 96 57|~57 97 aa 9e 5e 1e 0c",
    "7e 70 0a aa",
    "90 10 06|~06 45 85 a8 ab 9e 5e 1e 0b",
    "00 a0 3e",
    "~50 10 03 16 57 98 ab 9e 5e 1e 0b 18 57 96 a3 90 50",
    "~1e 6e aa a4 90 50 10 03 06 18 58 97 a4",
];

const WIDTH: u16 = 136;
const HEIGHT: u16 = 44;
/// Room between the letters and the edge.
const MARGIN: f32 = 6.0;
/// Shades from paper to ink, as many as four bits hold.
const SHADES: u16 = 16;
const PAPER: [f32; 3] = [238.0, 244.0, 244.0];
const INK: [f32; 3] = [20.0, 72.0, 76.0];

type Point = (f32, f32);
type Stroke = Vec<Point>;

/// The text as a PNG of 136 x 44 pixels. Characters outside the alphabet are left out.
pub fn draw(text: &str, seed: u64) -> Vec<u8> {
    let random = &mut Random(seed);
    let mut canvas = Canvas::new();
    let pen = random.between(1.35, 1.6);
    let letters = row(text, pen, random);
    let warp = Warp::new(random);
    for stroke in &letters {
        canvas.ink(&warp.bend(stroke), pen);
    }
    // At 0.75 of the letters' width, an opening of the right size takes the line away and leaves the letters: 9 % are read.
    canvas.ink(&wave(random), 0.88 * pen);
    canvas.cut(&wave(random), 0.5);
    canvas.png()
}

/// The strokes of all letters, each turned, leant and stretched by itself and pushed against the one before.
fn row(text: &str, pen: f32, random: &mut Random) -> Vec<Stroke> {
    let mut strokes: Vec<Stroke> = Vec::new();
    let mut right = [f32::NEG_INFINITY; HEIGHT as usize];
    let mut end = 0.0_f32;
    for index in indices(text).take(4) {
        let (sin, cos) = random.between(-0.24, 0.24).sin_cos();
        let (wide, high, lean) = (random.between(1.9, 2.3), random.between(1.9, 2.2), random.between(-0.16, 0.16));
        let middle = 22.0 + random.between(-3.0, 3.0);
        let letter: Vec<Stroke> = GLYPHS[index]
            .split('|')
            .map(|stroke| {
                let place = |(x, y): Point| {
                    let (x, y) = ((x - 5.0 - lean * (y - 7.0)) * wide, (y - 7.0) * high);
                    (x * cos - y * sin, middle + x * sin + y * cos)
                };
                dense(&points(stroke).into_iter().map(place).collect::<Stroke>())
            })
            .collect();
        let row_of = |y: f32| usize::from(whole(y.clamp(0.0, f32::from(HEIGHT - 1))));
        let gap = random.between(-0.4, 2.6) + 2.0 * pen;
        // The nearest place at which no row of the letter comes nearer to the letters before than the gap.
        let touch = letter.iter().flatten().fold(f32::NEG_INFINITY, |far, (x, y)| {
            let row = row_of(*y);
            let near = right[row.saturating_sub(2)..(row + 3).min(right.len())].iter().copied();
            far.max(near.fold(f32::NEG_INFINITY, f32::max) - x + gap)
        });
        let left = letter.iter().flatten().fold(f32::INFINITY, |left, (x, _)| left.min(*x));
        let shift = touch.max(end - left + 0.5);
        for stroke in letter {
            let stroke: Stroke = stroke.into_iter().map(|(x, y)| (x + shift, y)).collect();
            for (x, y) in &stroke {
                right[row_of(*y)] = right[row_of(*y)].max(*x);
                end = end.max(*x);
            }
            strokes.push(stroke);
        }
    }
    fit(&mut strokes, random);
    strokes
}

/// Moves the letters to some place inside the margins; squeezes them if they are wider.
fn fit(strokes: &mut [Stroke], random: &mut Random) {
    let edges = strokes.iter().flatten().fold((f32::MAX, f32::MIN), |(low, high), (x, _)| (low.min(*x), high.max(*x)));
    let (room, wide) = (f32::from(WIDTH) - 2.0 * MARGIN, (edges.1 - edges.0).max(1.0));
    let scale = (room / wide).min(1.0);
    let start = MARGIN + (room - wide * scale) * random.between(0.0, 1.0);
    for (x, _) in strokes.iter_mut().flatten() {
        *x = start + (*x - edges.0) * scale;
    }
}

/// A line from one edge to the other.
fn wave(random: &mut Random) -> Stroke {
    let (left, right) = (random.between(14.0, 30.0), random.between(14.0, 30.0));
    let (high, length, phase) = (random.between(8.0, 12.0), random.between(60.0, 90.0), random.between(0.0, TAU));
    let points = (0..=68_u8).map(|step| {
        let x = 2.0 * f32::from(step);
        (x, left + (right - left) * x / f32::from(WIDTH) + high * (x / length * TAU + phase).sin())
    });
    points.collect()
}

/// Bends the whole picture, so that no two letters are bent alike.
struct Warp([(f32, f32, f32); 3]);

impl Warp {
    fn new(random: &mut Random) -> Self {
        let mut wave = |low, high, short, long| {
            (random.between(low, high), TAU / random.between(short, long), random.between(0.0, TAU))
        };
        Self([wave(1.5, 2.5, 45.0, 80.0), wave(0.3, 0.8, 18.0, 30.0), wave(1.2, 2.2, 28.0, 44.0)])
    }

    fn bend(&self, stroke: &[Point]) -> Stroke {
        let wave = |(height, turn, phase): (f32, f32, f32), at: f32| height * (at * turn + phase).sin();
        let [slow, fast, side] = self.0;
        stroke.iter().map(|(x, y)| (x + wave(side, *y), y + wave(slow, *x) + wave(fast, *x))).collect()
    }
}

/// The points of one stroke; rounded ones get their corners cut three times.
fn points(stroke: &str) -> Stroke {
    let digit = |at: u8| f32::from(u8::try_from(char::from(at).to_digit(16).unwrap_or(0)).unwrap_or(0));
    let corners =
        stroke.trim_start_matches('~').split(' ').map(|xy| (digit(xy.as_bytes()[0]), digit(xy.as_bytes()[1])));
    let mut line: Stroke = corners.collect();
    for _ in 0..if stroke.starts_with('~') { 3 } else { 0 } {
        let (first, last) = (line[0], line[line.len() - 1]);
        let cut = |a: Point, b: Point| (a.0 * 0.75 + b.0 * 0.25, a.1 * 0.75 + b.1 * 0.25);
        let inner = line.windows(2).flat_map(|pair| [cut(pair[0], pair[1]), cut(pair[1], pair[0])]);
        line = std::iter::once(first).chain(inner).chain(std::iter::once(last)).collect();
    }
    line
}

/// The stroke with a point every two pixels, so that straight lines bend too.
fn dense(stroke: &[Point]) -> Stroke {
    let mut line = vec![stroke[0]];
    for pair in stroke.windows(2) {
        let ((ax, ay), (bx, by)) = (pair[0], pair[1]);
        let steps = whole((bx - ax).hypot(by - ay) / 2.0) + 1;
        line.extend((1..=steps).map(|step| {
            let part = f32::from(step) / f32::from(steps);
            (ax + (bx - ax) * part, ay + (by - ay) * part)
        }));
    }
    line
}

/// How much of each pixel is inked, 0 to 1.
struct Canvas(Vec<f32>);

impl Canvas {
    fn new() -> Self {
        Self(vec![0.0; usize::from(WIDTH) * usize::from(HEIGHT)])
    }

    /// A line of half-width `pen` through the points.
    fn ink(&mut self, stroke: &[Point], pen: f32) {
        self.line(stroke, pen, f32::max);
    }

    /// Takes the ink away along a line.
    fn cut(&mut self, stroke: &[Point], pen: f32) {
        self.line(stroke, pen, |pixel, cover| pixel.min(1.0 - cover));
    }

    /// Changes the pixels along a line by how much of them it covers; its edges are smooth.
    fn line(&mut self, stroke: &[Point], pen: f32, change: impl Fn(f32, f32) -> f32) {
        let reach = pen + 1.0;
        for pair in stroke.windows(2) {
            let ((ax, ay), (bx, by)) = (pair[0], pair[1]);
            let (dx, dy) = (bx - ax, by - ay);
            let square = (dx * dx + dy * dy).max(f32::EPSILON);
            let span = |a: f32, b: f32, end: u16| {
                let low = whole((a.min(b) - reach).max(0.0));
                low..whole((a.max(b) + reach + 1.0).max(0.0)).min(end)
            };
            for y in span(ay, by, HEIGHT) {
                for x in span(ax, bx, WIDTH) {
                    let (px, py) = (f32::from(x) + 0.5, f32::from(y) + 0.5);
                    let along = (((px - ax) * dx + (py - ay) * dy) / square).clamp(0.0, 1.0);
                    let distance = (px - ax - along * dx).hypot(py - ay - along * dy);
                    let pixel = &mut self.0[usize::from(y) * usize::from(WIDTH) + usize::from(x)];
                    *pixel = change(*pixel, (pen + 0.5 - distance).clamp(0.0, 1.0));
                }
            }
        }
    }

    /// Ink on paper, two pixels a byte.
    fn png(&self) -> Vec<u8> {
        let last = f32::from(SHADES - 1);
        let shade = |ink: f32| u8::try_from(whole(ink * last + 0.5)).unwrap_or(0);
        let pixels: Vec<u8> = self.0.chunks_exact(2).map(|pair| shade(pair[0]) << 4 | shade(pair[1])).collect();
        let colours = (0..SHADES).flat_map(|shade| {
            let part = f32::from(shade) / last;
            PAPER
                .iter()
                .zip(INK)
                .map(move |(paper, ink)| u8::try_from(whole(paper + (ink - paper) * part)).unwrap_or(0))
        });
        let mut out = Vec::new();
        let mut encoder = png::Encoder::new(&mut out, u32::from(WIDTH), u32::from(HEIGHT));
        encoder.set_color(png::ColorType::Indexed);
        encoder.set_depth(png::BitDepth::Four);
        encoder.set_palette(colours.collect::<Vec<_>>());
        let written = encoder.write_header().and_then(|mut writer| writer.write_image_data(&pixels));
        written.expect("a picture of fixed size goes into memory");
        out
    }
}

#[cfg(test)]
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "pictures of known size, colours within a byte"
)]
mod attack;

#[cfg(test)]
mod tests {
    use super::*;

    /// Ink of each pixel, 0 to 15.
    fn decode(file: &[u8]) -> Vec<u8> {
        let mut reader = png::Decoder::new(std::io::Cursor::new(file)).read_info().unwrap();
        let mut bytes = vec![0; reader.output_buffer_size().unwrap()];
        let info = reader.next_frame(&mut bytes).unwrap();
        assert_eq!((info.width, info.height, info.bit_depth), (136, 44, png::BitDepth::Four));
        bytes.iter().flat_map(|pair| [pair >> 4, pair & 15]).collect()
    }

    #[test]
    fn every_character_is_drawn_inside_the_picture() {
        for letter in ALPHABET {
            let text = String::from_utf8(vec![*letter; 4]).unwrap();
            for seed in 0..20 {
                let letters = row(&text, 1.5, &mut Random(seed));
                let warp = Warp::new(&mut Random(seed));
                for (x, y) in letters.iter().flat_map(|stroke| warp.bend(stroke)) {
                    assert!((1.0..135.0).contains(&x) && (-1.0..45.0).contains(&y), "{text}, seed {seed}: {x}, {y}");
                }
                let ink = decode(&draw(&text, seed)).iter().filter(|ink| **ink > 9).count();
                let line = decode(&draw("", seed)).iter().filter(|ink| **ink > 9).count();
                assert!(ink > line + 250, "{text}, seed {seed}: {ink}, {line}");
            }
        }
    }

    #[test]
    fn a_seed_gives_one_small_picture_and_another_seed_another() {
        assert_eq!(draw("7E4L", 1), draw("7E4L", 1));
        assert_eq!(draw("7e4l", 1), draw("7E4L", 1));
        assert_ne!(draw("7E4L", 1), draw("7E4L", 2));
        assert_ne!(draw("7E4L", 1), draw("7E4A", 1));
        assert!((0..100).all(|seed| draw("MWMW", seed).len() < 4000));
    }
}
