//! Attacks the sound as a stranger with this repository would: speaks every character plainly, at many pitches, speeds
//! and sizes of the head, and looks for the four that fit best one after the other: a matched filter, on spectra, since
//! of the waveform nothing is alike from one utterance to the next.

use super::*;
use crate::random_text;

/// Centres of the bands of a spectrum, in hertz, about as the ear spaces them.
const BANDS: [f32; 20] = [
    150.0, 250.0, 350.0, 450.0, 560.0, 680.0, 800.0, 930.0, 1080.0, 1240.0, 1410.0, 1600.0, 1800.0, 2020.0, 2260.0,
    2520.0, 2800.0, 3100.0, 3420.0, 3750.0,
];
/// Samples from one spectrum to the next.
const HOP: usize = 160;
const WINDOW: usize = 160;
/// Spectra of silence before and after a character.
const SILENCE: usize = 3;
/// Spectra by which two templates may not come nearer, with their silence.
const GAP: usize = 5;

type Spectrum = [f32; BANDS.len()];

/// The sound as spectra, compressed as hearing does.
fn spectra(sound: &[f32]) -> Vec<Spectrum> {
    let waves: Vec<Vec<(f32, f32)>> = BANDS
        .iter()
        .map(|band| {
            (0..WINDOW)
                .map(|at| {
                    let hann = 0.5 - 0.5 * (TAU * at as f32 / WINDOW as f32).cos();
                    let (sin, cos) = (TAU * band * at as f32 / RATE).sin_cos();
                    (hann * cos, hann * sin)
                })
                .collect()
        })
        .collect();
    sound
        .windows(WINDOW)
        .step_by(HOP)
        .map(|part| {
            std::array::from_fn(|band| {
                let sum = part
                    .iter()
                    .zip(&waves[band])
                    .fold((0.0, 0.0), |(re, im), (sample, (cos, sin))| (re + sample * cos, im + sample * sin));
                (sum.0 * sum.0 + sum.1 * sum.1).powf(0.45)
            })
        })
        .collect()
}

/// One plainly spoken character, its mean taken off and its length made 1.
struct Template {
    index: usize,
    spectra: Vec<Spectrum>,
}

const PLAIN: Speaker = Speaker {
    pitch: 130.0,
    glide: 0.0,
    speed: 1.0,
    swing: (0.0, 0.0),
    size: 1.0,
    breath: 0.1,
    tilt: 0.0,
    colour: (1, 0.0),
    loudness: 1.0,
};

fn templates() -> Vec<Template> {
    let mut all = Vec::new();
    for index in 0..ALPHABET.len() {
        for pitch in [100.0, 170.0] {
            for speed in [0.8, 0.9, 1.0, 1.1, 1.25] {
                for size in [0.9, 0.95, 1.0, 1.05, 1.1, 1.15] {
                    let mut sound = vec![0.0; SILENCE * HOP];
                    say(&mut sound, &frames(index), Speaker { pitch, speed, size, ..PLAIN }, &mut Random(1));
                    sound.resize(sound.len() + SILENCE * HOP, 0.0);
                    let mut spectra = spectra(&sound);
                    let count = (spectra.len() * BANDS.len()) as f32;
                    let mean = spectra.iter().flatten().sum::<f32>() / count;
                    spectra.iter_mut().flatten().for_each(|value| *value -= mean);
                    let norm = spectra.iter().flatten().map(|value| value * value).sum::<f32>().sqrt();
                    spectra.iter_mut().flatten().for_each(|value| *value /= norm);
                    all.push(Template { index, spectra });
                }
            }
        }
    }
    all
}

/// How well the template fits where the heard begins, -1 to 1.
fn fit(template: &Template, heard: &[Spectrum]) -> f32 {
    let part = &heard[..template.spectra.len()];
    let (mut product, mut sum, mut square) = (0.0_f32, 0.0_f32, 0.0_f32);
    for (a, b) in template.spectra.iter().zip(part) {
        for (a, b) in a.iter().zip(b) {
            product += a * b;
            sum += b;
            square += b * b;
        }
    }
    let count = (part.len() * BANDS.len()) as f32;
    product / (square - sum * sum / count).max(1e-9).sqrt()
}

/// The four characters that fit best one after the other without overlap.
fn listen(templates: &[Template], sound: &[f32]) -> String {
    let heard = spectra(sound);
    // best[n][t]: the best sum of n characters that end before spectrum t, and which.
    let mut best = vec![vec![(f32::NEG_INFINITY, String::new()); heard.len() + 1]; 5];
    best[0].iter_mut().for_each(|place| place.0 = 0.0);
    let mut ends: Vec<Vec<(f32, usize, usize)>> = vec![Vec::new(); heard.len() + 1];
    for start in 0..heard.len() {
        let mut here = [(f32::NEG_INFINITY, 0); ALPHABET.len()];
        for template in templates.iter().filter(|template| start + template.spectra.len() <= heard.len()) {
            let score = fit(template, &heard[start..]);
            if score > here[template.index].0 {
                here[template.index] = (score, start + template.spectra.len());
            }
        }
        for (index, (score, end)) in here.into_iter().enumerate().filter(|(_, (score, _))| score.is_finite()) {
            ends[end].push((score, start, index));
        }
    }
    for count in 1..=4 {
        for end in 1..=heard.len() {
            best[count][end] = best[count][end - 1].clone();
            for (score, start, index) in &ends[end] {
                // A long character has more to go wrong and fits less well than a short one.
                let score = score * ((end - start) as f32).powf(0.3);
                let (sum, text) = &best[count - 1][if count == 1 { 0 } else { start.saturating_sub(GAP) }];
                if sum + score > best[count][end].0 {
                    best[count][end] = (sum + score, format!("{text}{}", char::from(ALPHABET[*index])));
                }
            }
        }
    }
    best[4][heard.len()].1.clone()
}

/// How many of so many sounds the attack solves.
fn solved(count: u32, crowd_loudness: f32) -> usize {
    let templates = templates();
    let mut random = Random(2026);
    let solves = |_: &u32| {
        let text = random_text(random.next().to_le_bytes()[..4].try_into().unwrap());
        listen(&templates, &mix(&text, &mut Random(random.next()), crowd_loudness)) == text
    };
    (0..count).filter(solves).count()
}

#[test]
fn a_matched_filter_hears_the_letters_alone_but_not_in_the_crowd() {
    // Without the crowd it solves many, in spite of all the voices: it is a fair attack.
    let alone = solved(20, 0.0);
    assert!(alone >= 8, "{alone} of 20");
    let heard = solved(50, CROWD_LOUDNESS);
    eprintln!("alone {alone} of 20, in the crowd {heard} of 50");
    assert!(heard < 5, "{heard} of 50");
}
