//! The login's captcha: four characters as a picture and as sound.
//!
//! It is a speed bump; what protects the accounts is the throttle behind it. So it is drawn to be read by people:
//! an alphabet without I, O, 0 and 1, moderate rotation and waves, and noise that stays thinner than the strokes.

use std::f32::consts::TAU;

/// What a captcha is made of, in the order of the clips in `data/voice.bin`; 32 characters, so five random bits name one.
const ALPHABET: &[u8; 32] = b"ABCDEFGHJKLMNPQRSTUVWXYZ23456789";

/// Strokes per character of [`ALPHABET`], as points `xy` in hexadecimal on a grid 10 wide and 14 high; `|` lifts the pen,
/// `~` rounds the corners.
const GLYPHS: [&str; 32] = [
    "0e 50 ae|29 89",
    "0e 00|~00 80 90 95 77 07|~07 87 a9 ad 8e 0e",
    "~a3 90 50 10 04 0a 1e 5e 9e ab",
    "0e 00|~00 50 a0 a7 ae 5e 0e",
    "a0 00 0e ae|07 87",
    "a0 00 0e|07 87",
    "~a3 90 50 10 04 0a 1e 5e 9e ac a8|a8 68",
    "00 0e|a0 ae|07 a7",
    "50 90|~90 9a 9e 5e 1e 0b",
    "00 0e|a0 08|45 ae",
    "00 0e ae",
    "0e 00 58 a0 ae",
    "0e 00 ae a0",
    "0e 00|~00 80 a1 a7 88 08",
    "~50 10 04 0a 1e 5e 9e aa a4 90 50|7a bf",
    "0e 00|~00 80 a1 a7 88 08|48 ae",
    "~a3 90 50 10 03 16 57 98 ab 9e 5e 1e 0b",
    "00 a0|50 5e",
    "~00 0a 0e 5e ae aa a0",
    "00 5e a0",
    "00 2e 54 8e a0",
    "00 ae|a0 0e",
    "00 57 a0|57 5e",
    "00 a0 0e ae",
    "~04 10 50 90 a4 87 0e|0e ae",
    "~02 10 50 90 a3 96 57|~57 97 aa 9e 5e 1e 0c",
    "7e 70 0a aa",
    "90 10 06|~06 45 85 a8 ab 9e 5e 1e 0b",
    "~90 40 04 0a 1e 5e 9e ab a8 96 56 17 0a",
    "00 a0 3e",
    "~50 10 03 16 57 98 ab 9e 5e 1e 0b 18 57 96 a3 90 50",
    "~1e 6e aa a4 90 50 10 03 06 18 58 97 a4",
];

/// Made by `data/voice.sh`: 32 lengths, then 32 clips.
static VOICE: &[u8] = include_bytes!("../data/voice.bin");

const WIDTH: u16 = 136;
const HEIGHT: u16 = 44;
const PAPER: [f32; 3] = [238.0, 244.0, 244.0];
const INK: [f32; 3] = [20.0, 72.0, 76.0];

const SAMPLES_PER_SECOND: u32 = 8000;
/// The middle of unsigned 8-bit sound.
const SILENCE: u8 = 128;

/// A captcha's text from four random bytes.
pub fn random_text(bytes: [u8; 4]) -> String {
    bytes.iter().map(|byte| char::from(ALPHABET[usize::from(byte % 32)])).collect()
}

/// The text as a PNG of 136 x 44 pixels. Characters outside the alphabet are left out.
pub fn draw(text: &str, seed: u64) -> Vec<u8> {
    let mut random = Random(seed);
    let mut canvas = Canvas::new();
    let (height, length, phase) = (random.between(1.0, 2.2), random.between(40.0, 70.0), random.between(0.0, TAU));
    let wave = |(x, y): Point| (x, y + height * (x / length * TAU + phase).sin());
    for (place, index) in indices(text).take(4).enumerate() {
        let (sin, cos) = random.between(-0.28, 0.28).sin_cos();
        let (size, lean) = (random.between(1.55, 1.85), random.between(-0.15, 0.15));
        let centre = (
            21.5 + 31.0 * f32::from(u8::try_from(place).unwrap_or(0)) + random.between(-2.5, 2.5),
            22.0 + random.between(-3.0, 3.0),
        );
        let pen = random.between(1.3, 1.7);
        for stroke in GLYPHS[index].split('|') {
            let placed = points(stroke).into_iter().map(|(x, y)| {
                let (x, y) = ((x - 5.0 - lean * (y - 7.0)) * size, (y - 7.0) * size);
                wave((centre.0 + x * cos - y * sin, centre.1 + x * sin + y * cos))
            });
            canvas.line(&placed.collect::<Vec<_>>(), pen, 1.0);
        }
    }
    noise(&mut canvas, &mut random);
    canvas.png(&mut random)
}

/// Thin curves across the whole picture and specks.
fn noise(canvas: &mut Canvas, random: &mut Random) {
    for _ in 0..3 {
        let (start, end, bend) = (random.between(6.0, 38.0), random.between(6.0, 38.0), random.between(-26.0, 26.0));
        let curve = (0..=34_u8).map(|step| {
            let part = f32::from(step) / 34.0;
            (part * f32::from(WIDTH), start + (end - start) * part + bend * (part * TAU).sin() * 0.5)
        });
        canvas.line(&curve.collect::<Vec<_>>(), 0.35, 0.7);
    }
    for _ in 0..40 {
        let at = (random.between(0.0, f32::from(WIDTH)), random.between(0.0, f32::from(HEIGHT)));
        canvas.line(&[at, (at.0 + 0.5, at.1)], 0.5, 0.6);
    }
}

/// The text as a WAV file, 8 kHz, 8 bit, mono.
pub fn speak(text: &str, seed: u64) -> Vec<u8> {
    let mut random = Random(seed);
    let mut sound = Vec::new();
    pause(&mut sound, &mut random, 2000);
    for index in indices(text) {
        let loudness = random.between(0.7, 1.0);
        let clip = clip(index).iter().map(|sample| {
            byte(f32::from(SILENCE) + (f32::from(*sample) - f32::from(SILENCE)) * loudness + random.between(-4.0, 4.0))
        });
        sound.extend(clip.collect::<Vec<_>>());
        pause(&mut sound, &mut random, 3600);
    }
    let length = u32::try_from(sound.len()).unwrap_or(0);
    let mut wav = Vec::with_capacity(44 + sound.len());
    wav.extend(b"RIFF");
    wav.extend((36 + length).to_le_bytes());
    wav.extend(b"WAVEfmt ");
    wav.extend(16_u32.to_le_bytes());
    wav.extend(1_u16.to_le_bytes()); // PCM
    wav.extend(1_u16.to_le_bytes()); // mono
    wav.extend(SAMPLES_PER_SECOND.to_le_bytes());
    wav.extend(SAMPLES_PER_SECOND.to_le_bytes()); // bytes per second
    wav.extend(1_u16.to_le_bytes()); // bytes per sample
    wav.extend(8_u16.to_le_bytes()); // bits per sample
    wav.extend(b"data");
    wav.extend(length.to_le_bytes());
    wav.extend(sound);
    wav
}

/// Soft noise for `shortest` samples and up to twice as long.
fn pause(sound: &mut Vec<u8>, random: &mut Random, shortest: u16) {
    let length = u64::from(shortest) + random.next() % u64::from(shortest);
    for _ in 0..length {
        sound.push(byte(f32::from(SILENCE) + random.between(-4.0, 4.0)));
    }
}

fn clip(index: usize) -> &'static [u8] {
    let length = |at: usize| usize::from(u16::from_le_bytes([VOICE[2 * at], VOICE[2 * at + 1]]));
    let start = 2 * ALPHABET.len() + (0..index).map(length).sum::<usize>();
    &VOICE[start..start + length(index)]
}

/// Where the text's characters stand in the alphabet.
fn indices(text: &str) -> impl Iterator<Item = usize> {
    text.bytes().filter_map(|letter| ALPHABET.iter().position(|known| *known == letter.to_ascii_uppercase()))
}

type Point = (f32, f32);

/// The points of one stroke; rounded ones get their corners cut three times.
fn points(stroke: &str) -> Vec<Point> {
    let digit = |at: u8| f32::from(u8::try_from(char::from(at).to_digit(16).unwrap_or(0)).unwrap_or(0));
    let corners =
        stroke.trim_start_matches('~').split(' ').map(|xy| (digit(xy.as_bytes()[0]), digit(xy.as_bytes()[1])));
    let mut line: Vec<Point> = corners.collect();
    for _ in 0..if stroke.starts_with('~') { 3 } else { 0 } {
        let (first, last) = (line[0], line[line.len() - 1]);
        let cut = |a: Point, b: Point| (a.0 * 0.75 + b.0 * 0.25, a.1 * 0.75 + b.1 * 0.25);
        let inner = line.windows(2).flat_map(|pair| [cut(pair[0], pair[1]), cut(pair[1], pair[0])]);
        line = std::iter::once(first).chain(inner).chain(std::iter::once(last)).collect();
    }
    line
}

/// How much of each pixel is inked, 0 to 1.
struct Canvas(Vec<f32>);

impl Canvas {
    fn new() -> Self {
        Self(vec![0.0; usize::from(WIDTH) * usize::from(HEIGHT)])
    }

    /// A line of half-width `pen` through the points, with smooth edges.
    fn line(&mut self, points: &[Point], pen: f32, strength: f32) {
        for pair in points.windows(2) {
            let ((ax, ay), (bx, by)) = (pair[0], pair[1]);
            let (dx, dy) = (bx - ax, by - ay);
            let square = (dx * dx + dy * dy).max(f32::EPSILON);
            let reach = pen + 1.0;
            for y in 0..HEIGHT {
                let py = f32::from(y) + 0.5;
                if py < ay.min(by) - reach || py > ay.max(by) + reach {
                    continue;
                }
                for x in 0..WIDTH {
                    let px = f32::from(x) + 0.5;
                    let along = (((px - ax) * dx + (py - ay) * dy) / square).clamp(0.0, 1.0);
                    let distance = (px - ax - along * dx).hypot(py - ay - along * dy);
                    let ink = (pen + 0.5 - distance).clamp(0.0, 1.0) * strength;
                    let pixel = &mut self.0[usize::from(y) * usize::from(WIDTH) + usize::from(x)];
                    *pixel = pixel.max(ink);
                }
            }
        }
    }

    /// Ink on slightly grainy paper.
    fn png(&self, random: &mut Random) -> Vec<u8> {
        let mut pixels = Vec::with_capacity(self.0.len() * 3);
        for ink in &self.0 {
            let grain = random.between(-5.0, 5.0);
            pixels.extend(PAPER.iter().zip(INK).map(|(paper, dark)| byte(paper + (dark - paper) * ink + grain)));
        }
        let mut out = Vec::new();
        let mut encoder = png::Encoder::new(&mut out, u32::from(WIDTH), u32::from(HEIGHT));
        encoder.set_color(png::ColorType::Rgb);
        encoder.set_depth(png::BitDepth::Eight);
        let written = encoder.write_header().and_then(|mut writer| writer.write_image_data(&pixels));
        written.expect("a picture of fixed size goes into memory");
        out
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to the range of a byte")]
fn byte(value: f32) -> u8 {
    value.clamp(0.0, 255.0) as u8
}

/// `SplitMix64`: the picture of a seed is always the same, so a page can ask for it again.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn between(&mut self, low: f32, high: f32) -> f32 {
        let part = f32::from(u16::try_from(self.next() & 0xffff).unwrap_or(0)) / 65536.0;
        low + (high - low) * part
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Width, height and pixels.
    fn decode(file: &[u8]) -> (u32, u32, Vec<u8>) {
        let mut reader = png::Decoder::new(std::io::Cursor::new(file)).read_info().unwrap();
        let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
        let info = reader.next_frame(&mut pixels).unwrap();
        (info.width, info.height, pixels)
    }

    fn dark(file: &[u8]) -> usize {
        decode(file).2.chunks(3).filter(|pixel| pixel[0] < 60).count()
    }

    #[test]
    fn every_character_is_drawn_inside_the_picture() {
        for letter in ALPHABET {
            let text = String::from_utf8(vec![*letter; 4]).unwrap();
            for seed in 0..2 {
                let file = draw(&text, seed);
                let (width, height, pixels) = decode(&file);
                assert_eq!((width, height), (136, 44));
                assert!(dark(&file) > dark(&draw("", seed)) + 200, "{text}");
                let edge = pixels.chunks(3).take(136).filter(|pixel| pixel[0] < 60).count();
                assert!(edge < 12, "{text} is cut at the top with seed {seed}: {edge}");
            }
        }
    }

    #[test]
    fn a_seed_gives_one_picture_and_another_seed_another() {
        assert_eq!(draw("7K4P", 1), draw("7K4P", 1));
        assert_ne!(draw("7K4P", 1), draw("7K4P", 2));
        assert_ne!(draw("7K4P", 1), draw("7K4Q", 1));
        assert_eq!(draw("7k4p", 1), draw("7K4P", 1));
    }

    #[test]
    fn strange_text_draws_what_is_known() {
        for text in ["", "O0I1", "汉字", "ABCDEFGHIJKLMN"] {
            decode(&draw(text, 9));
            assert!(speak(text, 9).len() > 44);
        }
    }

    #[test]
    fn the_wav_says_what_it_is_and_how_long() {
        let wav = speak("7K4P", 5);
        let number = |at: usize| u32::from_le_bytes(wav[at..at + 4].try_into().unwrap()) as usize;
        assert_eq!((&wav[..4], &wav[8..16], &wav[36..40]), (&b"RIFF"[..], &b"WAVEfmt "[..], &b"data"[..]));
        assert_eq!((number(4), number(24), number(28), number(40)), (wav.len() - 8, 8000, 8000, wav.len() - 44));
        let seconds = (wav.len() - 44) / 8000;
        assert!((3..8).contains(&seconds), "{seconds} s");
        assert_ne!(wav, speak("7K4P", 6), "gaps and noise differ");
    }

    #[test]
    fn every_character_has_a_clip_of_its_own() {
        let clips: std::collections::BTreeSet<_> = (0..ALPHABET.len()).map(clip).collect();
        assert_eq!(clips.len(), ALPHABET.len());
        assert!(clips.iter().all(|clip| (2000..8000).contains(&clip.len())));
        let whole: usize = clips.iter().map(|clip| clip.len()).sum();
        assert_eq!(whole + 64, VOICE.len());
    }

    #[test]
    fn random_text_uses_the_whole_alphabet_and_nothing_else() {
        let seen: std::collections::BTreeSet<char> =
            (0..=255).flat_map(|byte| random_text([byte; 4]).chars().collect::<Vec<_>>()).collect();
        assert_eq!(seen.len(), 32);
        assert!(!seen.iter().any(|letter| "IO01".contains(*letter)));
        assert_eq!(random_text([0, 1, 31, 32]), "AB9A");
    }
}
