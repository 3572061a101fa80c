//! The captcha as sound: a small speech synthesiser.
//!
//! What must stay true: no two utterances of a character share pitch, speed, timbre, loudness or length, and what lies
//! over them is speech too, so that it cannot be filtered out.

use std::f32::consts::TAU;

use crate::{ALPHABET, Random, indices, whole};

/// Made by `data/voice.py`, which describes it.
static VOICE: &[u8] = include_bytes!("../data/voice.bin");

const SAMPLES_PER_SECOND: u32 = 8000;
/// The same as a float.
const RATE: f32 = 8000.0;
/// Samples per frame of the voice.
const FRAME: f32 = 160.0;
/// Reflection coefficients of the vocal tract.
const ORDER: usize = 10;
/// The longest sound, in samples: 7 s.
const LENGTH_MAX: usize = 56_000;
/// Voices in the background.
const CROWD: usize = 4;
/// How loud all of them are together, against letters of loudness 1: the letters are 1 dB below the crowd. The attack in
/// `attack` solves 22 % with letters 2 dB above it, 5 % when both are as loud, 2 % so, and 1 % with 2 dB below.
const CROWD_LOUDNESS: f32 = 1.12;

/// One frame of [`VOICE`].
#[derive(Clone, Copy)]
struct Frame {
    tract: [f32; ORDER],
    loudness: f32,
    voiced: f32,
}

/// How somebody says one character.
#[derive(Clone, Copy)]
struct Speaker {
    /// Hertz.
    pitch: f32,
    /// How far the pitch rises or falls until the end, as a part of it.
    glide: f32,
    /// How fast the frames go by; 1 is as recorded.
    speed: f32,
    /// How far the speed swings to both sides, as a part of it, and where the swing begins.
    swing: (f32, f32),
    /// Size of the head: above 1 the whole timbre is higher.
    size: f32,
    /// How much of the voice is breath, 0 to 1.
    breath: f32,
    /// Brighter above 0, duller below.
    tilt: f32,
    /// Colour, as of a telephone or a tin: the sound added to itself after so many samples, so loud.
    colour: (usize, f32),
    loudness: f32,
}

impl Speaker {
    fn new(random: &mut Random) -> Self {
        Self {
            pitch: random.between(80.0, 210.0),
            glide: random.between(-0.3, 0.3),
            speed: random.between(0.75, 1.25),
            swing: (random.between(0.0, 0.45), random.between(0.0, TAU)),
            size: random.between(0.84, 1.2),
            breath: random.between(0.02, 0.25),
            tilt: random.between(-0.4, 0.4),
            colour: (2 + random.index(9), random.between(-0.6, 0.6)),
            loudness: random.between(0.85, 1.15),
        }
    }
}

/// The text as a WAV file, 8 kHz, 8 bit, mono.
pub fn speak(text: &str, seed: u64) -> Vec<u8> {
    wav(&mix(text, &mut Random(seed), CROWD_LOUDNESS))
}

/// The letters, the crowd over them, and the room around both.
fn mix(text: &str, random: &mut Random, crowd_loudness: f32) -> Vec<f32> {
    let mut voice = Vec::new();
    pause(&mut voice, random, 2400.0);
    for index in indices(text) {
        say(&mut voice, &frames(index), Speaker::new(random), random);
        pause(&mut voice, random, 1800.0);
    }
    voice.truncate(LENGTH_MAX);
    let crowd = crowd(voice.len(), random);
    for (sample, noise) in voice.iter_mut().zip(crowd) {
        *sample += noise * crowd_loudness;
    }
    echo(&mut voice, random);
    voice
}

/// Silence for `shortest` samples and up to twice as long.
fn pause(sound: &mut Vec<f32>, random: &mut Random, shortest: f32) {
    let length = usize::from(whole(random.between(shortest, 2.0 * shortest)));
    sound.resize(sound.len() + length, 0.0);
}

/// Several voices that say characters backwards without a stop.
fn crowd(length: usize, random: &mut Random) -> Vec<f32> {
    let mut all = vec![0.0; length];
    for _ in 0..CROWD {
        let mut one = Vec::with_capacity(length + 8000);
        while one.len() < length + 4000 {
            let mut backwards = frames(random.index(ALPHABET.len()));
            backwards.reverse();
            say(&mut one, &backwards, Speaker::new(random), random);
        }
        for (sum, sample) in all.iter_mut().zip(&one[random.index(4000)..]) {
            *sum += sample / f32::from(u8::try_from(CROWD).unwrap_or(1)).sqrt();
        }
    }
    all
}

/// A small room: the sound comes back from four walls.
fn echo(sound: &mut [f32], random: &mut Random) {
    let dry = sound.to_vec();
    for _ in 0..4 {
        let (delay, part) = (usize::from(whole(random.between(120.0, 700.0))), random.between(-0.2, 0.2));
        for (sample, earlier) in sound.iter_mut().skip(delay).zip(&dry) {
            *sample += part * earlier;
        }
    }
}

/// The frames of a character, with loudness such that each character is as loud as any other.
fn frames(index: usize) -> Vec<Frame> {
    let start = VOICE[..index].iter().map(|count| usize::from(*count)).sum::<usize>();
    let all = &VOICE[ALPHABET.len()..];
    let mut frames: Vec<Frame> = all.as_chunks::<{ ORDER + 2 }>().0[start..start + usize::from(VOICE[index])]
        .iter()
        .map(|[tract @ .., loudness, voiced]| Frame {
            tract: tract.map(|part| f32::from(part.cast_signed()) / 127.0),
            loudness: 10_f32.powf(f32::from(*loudness) / 40.0),
            voiced: f32::from(*voiced) / 255.0,
        })
        .collect();
    let count = f32::from(VOICE[index].max(1));
    let level = (frames.iter().map(|frame| frame.loudness.powi(2)).sum::<f32>() / count).sqrt().max(1.0);
    for frame in &mut frames {
        frame.loudness /= level;
    }
    frames
}

/// Speaks the frames: pulses and breath through a lattice filter, then slower or faster for the size of the head.
fn say(sound: &mut Vec<f32>, frames: &[Frame], speaker: Speaker, random: &mut Random) {
    let (start, last) = (sound.len(), frames.len().saturating_sub(1));
    let total = f32::from(u16::try_from(last).unwrap_or(u16::MAX)).max(1.0);
    let mut back = [0.0_f32; ORDER + 1];
    let (mut now, mut clock, mut until_pulse, mut pulse) = (0.0_f32, 0.0_f32, 0.0_f32, 0.0_f32);
    let (mut heard, mut before, mut tone) = (0.0_f32, 0.0_f32, 0.0_f32);
    let mut tract = [0.0; ORDER];
    let (mut voice, mut breath, mut advance) = (0.0_f32, 0.0_f32, 0.0_f32);
    let mut step = 0_u32;
    while now < total {
        // A new shape of the mouth every 2.5 ms is smooth enough.
        if step.is_multiple_of(20) {
            let at = usize::from(whole(now)).min(last);
            let (a, b, part) = (frames[at], frames[(at + 1).min(last)], now.fract());
            let mix = |a: f32, b: f32| a + (b - a) * part;
            tract = std::array::from_fn(|k| mix(a.tract[k], b.tract[k]));
            // Less what the tube makes louder by itself.
            let loudness = mix(a.loudness, b.loudness) * tract.iter().map(|k| 1.0 - k * k).product::<f32>().sqrt();
            let voiced = mix(a.voiced, b.voiced) * (1.0 - speaker.breath);
            (voice, breath) = (loudness * voiced.sqrt(), loudness * (1.0 - voiced).sqrt());
            let swing = 1.0 + speaker.swing.0 * (TAU * now / total + speaker.swing.1).sin();
            advance = speaker.speed * swing / (FRAME * speaker.size);
        }
        step += 1;
        until_pulse -= 1.0;
        if until_pulse <= 0.0 {
            let pitch = speaker.pitch * (1.0 + speaker.glide * (now / total - 0.5)) * random.between(0.97, 1.03);
            until_pulse += RATE * speaker.size / pitch;
            pulse = (RATE / pitch).sqrt();
        }
        // Noise between these has the power of one pulse a period.
        let mut forward = voice * pulse + breath * random.between(-1.73, 1.73);
        pulse = 0.0;
        for k in (0..ORDER).rev() {
            forward -= tract[k] * back[k];
            back[k + 1] = back[k] + tract[k] * forward;
        }
        back[0] = forward;
        // Undoes the analysis, which flattened the spectrum by 0.9.
        tone = 0.9 * tone + forward;
        let sample = tone + speaker.tilt * (tone - before);
        before = tone;
        // The next samples at the listener's own rate lie between the last one and this one.
        while clock < 1.0 {
            sound.push(heard + (sample - heard) * clock);
            clock += speaker.size;
        }
        clock -= 1.0;
        heard = sample;
        now += advance;
    }
    finish(&mut sound[start..], speaker);
}

/// Colours what was said and makes it as loud as it should be, whatever the breath and the colour did to it.
fn finish(said: &mut [f32], speaker: Speaker) {
    let (delay, part) = speaker.colour;
    for at in (delay..said.len()).rev() {
        said[at] += part * said[at - delay];
    }
    let gain = speaker.loudness / loudness(said);
    for sample in said {
        *sample *= gain;
    }
}

/// The root of the mean square.
#[expect(clippy::cast_precision_loss, reason = "a sound has far fewer samples than a float has integers")]
fn loudness(sound: &[f32]) -> f32 {
    let power = sound.iter().map(|sample| sample * sample).sum::<f32>() / sound.len().max(1) as f32;
    power.sqrt().max(1e-3)
}

/// The file: as loud as eight bits take without harm.
fn wav(sound: &[f32]) -> Vec<u8> {
    let gain = 26.0 / loudness(sound);
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
    wav.extend(sound.iter().map(|sample| byte(128.0 + sample * gain)));
    wav
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to the range of a byte")]
fn byte(value: f32) -> u8 {
    value.clamp(0.0, 255.0) as u8
}

#[cfg(test)]
#[expect(clippy::cast_precision_loss, reason = "counts of a few thousand")]
mod attack;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wav_says_what_it_is_and_how_long() {
        let wav = speak("7E4L", 5);
        let number = |at: usize| u32::from_le_bytes(wav[at..at + 4].try_into().unwrap()) as usize;
        assert_eq!((&wav[..4], &wav[8..16], &wav[36..40]), (&b"RIFF"[..], &b"WAVEfmt "[..], &b"data"[..]));
        assert_eq!((number(4), number(24), number(28), number(40)), (wav.len() - 8, 8000, 8000, wav.len() - 44));
    }

    #[test]
    fn a_seed_gives_one_sound_of_some_seconds_and_another_seed_another() {
        assert_eq!(speak("7E4L", 1), speak("7E4L", 1));
        assert_eq!(speak("7e4l", 1), speak("7E4L", 1));
        assert_ne!(speak("7E4L", 1), speak("7E4L", 2));
        for seed in 0..20 {
            let size = speak(if seed % 2 == 0 { "WWWW" } else { "8888" }, seed).len();
            assert!((16_000..60_000).contains(&size), "{size} bytes");
        }
    }

    #[test]
    fn every_character_has_frames_of_its_own_and_is_heard() {
        let used: usize = VOICE[..ALPHABET.len()].iter().map(|count| usize::from(*count) * (ORDER + 2)).sum();
        assert_eq!(ALPHABET.len() + used, VOICE.len());
        for index in 0..ALPHABET.len() {
            assert!((10..60).contains(&frames(index).len()), "{index}");
            let (speaker, mut sound) = (Speaker::new(&mut Random(3)), Vec::new());
            say(&mut sound, &frames(index), speaker, &mut Random(4));
            assert!((loudness(&sound) - speaker.loudness).abs() < 0.01);
            // A filter that rings would be loud in one place and silent in all others.
            let peak = sound.iter().fold(0.0_f32, |peak, sample| peak.max(sample.abs()));
            assert!(peak < 14.0 * speaker.loudness, "{index}: {peak}");
        }
    }
}
