//! Attacks the picture as a script would: enlarges it, takes out specks, makes it black and white, and lets tesseract
//! read it. Skipped, with a word, where tesseract is not installed.

use std::path::Path;
use std::process::Command;

use super::*;
use crate::random_text;

/// A grey picture: width, height, pixels.
#[derive(Clone)]
struct Grey(usize, usize, Vec<u8>);

impl Grey {
    fn decode(file: &[u8]) -> Self {
        let mut decoder = png::Decoder::new(std::io::Cursor::new(file));
        decoder.set_transformations(png::Transformations::EXPAND);
        let mut reader = decoder.read_info().unwrap();
        let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
        let info = reader.next_frame(&mut pixels).unwrap();
        Self(info.width as usize, info.height as usize, pixels.chunks(3).map(|rgb| rgb[1]).collect())
    }

    fn enlarged(&self, scale: usize) -> Self {
        let Self(width, height, pixels) = self;
        let at = |place: usize, end: usize| {
            let exact = ((place as f32 + 0.5) / scale as f32 - 0.5).clamp(0.0, (end - 1) as f32);
            (exact as usize, (exact as usize + 1).min(end - 1), exact.fract())
        };
        let (wide, high) = (width * scale, height * scale);
        let pixel = |place: usize| {
            let ((x0, x1, px), (y0, y1, py)) = (at(place % wide, *width), at(place / wide, *height));
            let value = |x: usize, y: usize| f32::from(pixels[y * width + x]);
            let top = value(x0, y0) * (1.0 - px) + value(x1, y0) * px;
            let bottom = value(x0, y1) * (1.0 - px) + value(x1, y1) * px;
            (top * (1.0 - py) + bottom * py) as u8
        };
        Self(wide, high, (0..wide * high).map(pixel).collect())
    }

    /// Each pixel chosen from those around it, so many to the side and so many up and down.
    fn filtered(&self, (side, up): (usize, usize), choose: fn(&mut [u8]) -> u8) -> Self {
        let Self(width, height, pixels) = self;
        let mut around = Vec::new();
        let pixel = |place: usize| {
            let (x, y) = (place % width, place / width);
            around.clear();
            for row in y.saturating_sub(up)..(y + up + 1).min(*height) {
                around.extend(&pixels[row * width + x.saturating_sub(side)..row * width + (x + side + 1).min(*width)]);
            }
            choose(&mut around)
        };
        Self(*width, *height, (0..pixels.len()).map(pixel).collect())
    }

    fn median(&self, size: usize) -> Self {
        self.filtered((size / 2, size / 2), |around| *around.select_nth_unstable(around.len() / 2).1)
    }

    /// Takes away dark lines that are thinner than `size`.
    fn opened(&self, size: usize) -> Self {
        let pass = |picture: &Self, choose| picture.filtered((size / 2, 0), choose).filtered((0, size / 2), choose);
        let lighter = pass(self, |around| *around.iter().max().unwrap());
        pass(&lighter, |around| *around.iter().min().unwrap())
    }

    fn threshold(&self, limit: u8) -> Self {
        Self(self.0, self.1, self.2.iter().map(|pixel| if *pixel > limit { 255 } else { 0 }).collect())
    }

    /// With a white border, as tesseract likes it.
    fn save(&self, path: &Path) {
        let border = 20;
        let (wide, high) = (self.0 + 2 * border, self.1 + 2 * border);
        let mut pixels = vec![255; wide * high];
        for (y, row) in self.2.chunks(self.0).enumerate() {
            let start = (y + border) * wide + border;
            pixels[start..start + self.0].copy_from_slice(row);
        }
        let file = std::fs::File::create(path).unwrap();
        let mut encoder = png::Encoder::new(file, wide as u32, high as u32);
        encoder.set_color(png::ColorType::Grayscale);
        encoder.write_header().unwrap().write_image_data(&pixels).unwrap();
    }
}

/// What is done to a picture before it is read, and in which page segmentation mode (7 is a line, 8 a word).
type Cleaning = (&'static str, fn(&Grey) -> Grey, &'static str);

/// The best of 80 that were tried.
const CLEANINGS: [Cleaning; 5] = [
    ("x3", |picture| picture.enlarged(3), "7"),
    ("x2, median 3, threshold", |picture| picture.enlarged(2).median(3).threshold(140), "7"),
    ("x3, median 3, threshold", |picture| picture.enlarged(3).median(3).threshold(140), "7"),
    ("x4, dark threshold, opening 7", |picture| picture.enlarged(4).threshold(110).opened(7), "8"),
    ("x4, light threshold, opening 9", |picture| picture.enlarged(4).threshold(150).opened(9), "8"),
];

/// What tesseract reads in each of the pictures in page segmentation mode `mode`.
fn read(pictures: &[Grey], mode: &str) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    let paths: Vec<_> = (0..pictures.len()).map(|at| folder.path().join(format!("{at}.png"))).collect();
    pictures.iter().zip(&paths).for_each(|(picture, path)| picture.save(path));
    let list = folder.path().join("list.txt");
    std::fs::write(&list, paths.iter().map(|path| path.to_str().unwrap()).collect::<Vec<_>>().join("\n")).unwrap();
    let only = format!("tessedit_char_whitelist={}", std::str::from_utf8(ALPHABET).unwrap());
    let mut command = Command::new("tesseract");
    command.arg(&list).args(["stdout", "--psm", mode, "-c", &only]).env("OMP_THREAD_LIMIT", "1");
    let read = String::from_utf8(command.output().unwrap().stdout).unwrap();
    read.split('\u{c}').map(|page| page.split_whitespace().collect()).collect()
}

fn solved(texts: &[String], pictures: &[Grey], mode: &str) -> usize {
    read(pictures, mode).iter().zip(texts).filter(|(read, text)| read == text).count()
}

/// The letters alone: upright, apart, without a line across.
fn plain(text: &str) -> Grey {
    let mut canvas = Canvas::new();
    for (place, index) in (0_u8..).zip(indices(text)) {
        for stroke in GLYPHS[index].split('|') {
            let at = |(x, y): Point| (14.0 + 30.0 * f32::from(place) + 1.8 * x, 9.0 + 1.8 * y);
            canvas.ink(&points(stroke).into_iter().map(at).collect::<Stroke>(), 1.5);
        }
    }
    Grey::decode(&canvas.png())
}

#[test]
fn tesseract_reads_the_letters_but_not_the_captcha() {
    if Command::new("tesseract").arg("--version").output().is_err() {
        eprintln!("SKIPPED, NOT MEASURED: tesseract is not installed (apt-get install tesseract-ocr)");
        return;
    }
    let mut random = Random(2026);
    let texts: Vec<String> =
        (0..200).map(|_| random_text(random.next().to_le_bytes()[..4].try_into().unwrap())).collect();
    // It can read this hand, so it is a fair attack.
    let letters: Vec<Grey> = texts[..40].iter().map(|text| plain(text).enlarged(3)).collect();
    let fair = solved(&texts, &letters, "7");
    assert!(fair >= 20, "{fair} of 40 plain ones");
    let pictures: Vec<Grey> = texts.iter().map(|text| Grey::decode(&draw(text, random.next()))).collect();
    for (name, clean, mode) in CLEANINGS {
        let clean: Vec<Grey> = pictures.iter().map(clean).collect();
        let count = solved(&texts, &clean, mode);
        eprintln!("{name}: {count} of 200");
        assert!(count < 20, "{name}: {count} of 200");
    }
}
