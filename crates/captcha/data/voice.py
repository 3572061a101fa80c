#!/usr/bin/env python3
"""Makes voice.bin, from which the captcha is spoken: needs espeak-ng and sox. Run by hand when the alphabet changes.

Letters by their English names, digits in Mandarin, as they are read out in China. No sound is kept: each character
becomes frames of a vocal tract (linear prediction, as in a talking toy), which src/sound.rs moves with a voice of its own.

Layout: 16 numbers of frames (u8), in the order of the alphabet in src/lib.rs; then all frames. A frame is 20 ms in 12
bytes: ten reflection coefficients (i8, 127 is 1), loudness (u8, half decibels), how voiced it is (u8, 255 is wholly).
"""
import array, math, os, subprocess, tempfile

ALPHABET = "AEHLMRUWX2345789"
HOP, WINDOW, ORDER = 160, 320, 10


def clip(character, folder):
    full, raw = os.path.join(folder, "full.wav"), os.path.join(folder, "clip.raw")
    voice = "cmn" if character.isdigit() else "en-us"
    subprocess.run(["espeak-ng", "-v", voice, "-s", "115", "-w", full, character], check=True)
    trim = "highpass 120 norm -3 silence 1 0.005 0.4% reverse silence 1 0.005 0.4% reverse pad 0.02 0.02"
    kind = ["-r", "8000", "-b", "16", "-e", "signed-integer", "-c", "1", "-D"]
    subprocess.run(["sox", full, *kind, raw, *trim.split()], check=True)
    with open(raw, "rb") as file:
        return array.array("h", file.read())


def correlate(part, lag):
    return sum(a * b for a, b in zip(part, part[lag:]))


def frame(sound, start):
    part = [sound[at] if 0 <= at < len(sound) else 0 for at in range(start - WINDOW // 2, start + WINDOW // 2)]
    # How alike the sound is to itself one period later, for voices from 80 to 250 Hz.
    periods = ((correlate(part, lag), part[lag:], part[:-lag]) for lag in range(32, 100))
    alike = max(c / math.sqrt(1 + sum(x * x for x in a) * sum(x * x for x in b)) for c, a, b in periods)
    voiced = min(1, max(0, (alike - 0.35) / 0.4))
    level = math.sqrt(sum(x * x for x in part) / WINDOW)
    flat = [(x - 0.9 * y) * (0.54 - 0.46 * math.cos(2 * math.pi * at / (WINDOW - 1)))
            for at, (x, y) in enumerate(zip(part[1:], part))]
    r = [correlate(flat, lag) for lag in range(ORDER + 1)]
    error, a, reflections = r[0] * 1.0001 + 1, [1.0], []
    for order in range(1, ORDER + 1):
        k = -sum(a[at] * r[order - at] for at in range(order)) / error
        a = [x + k * y for x, y in zip(a + [0], [0] + a[::-1])]
        error *= 1 - k * k
        reflections.append(max(-126, min(126, round(127 * k))) & 255)
    loudness = max(0, min(255, round(40 * math.log10(1 + level))))
    return bytes(reflections + [loudness, round(255 * voiced)])


with tempfile.TemporaryDirectory() as folder:
    clips = [clip(character, folder) for character in ALPHABET]
    frames = [[frame(sound, start) for start in range(0, len(sound), HOP)] for sound in clips]
    with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "voice.bin"), "wb") as file:
        file.write(bytes(len(one) for one in frames))
        file.write(b"".join(b"".join(one) for one in frames))
