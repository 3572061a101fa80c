#!/bin/sh
# Makes voice.bin, the spoken captcha: needs espeak-ng and sox. Run by hand when the alphabet changes (src/lib.rs).
# Letters by their English names, digits in Mandarin, as they are read out in China; 8 kHz, 8 bit, mono.
# Layout: 32 lengths (u16, little endian), then 32 clips, in the order below.
set -eu
cd "$(dirname "$0")"
dir=$(mktemp -d)
trap 'rm -r "$dir"' EXIT
: >"$dir/head"
: >"$dir/body"
for c in A B C D E F G H J K L M N P Q R S T U V W X Y Z 2 3 4 5 6 7 8 9; do
  case $c in [0-9]) voice=cmn ;; *) voice=en-us ;; esac
  espeak-ng -v "$voice" -s 115 -w "$dir/full.wav" "$c"
  sox "$dir/full.wav" -r 8000 -b 8 -e unsigned-integer -c 1 -D "$dir/$c.raw" \
    highpass 120 norm -3 silence 1 0.005 0.4% reverse silence 1 0.005 0.4% reverse pad 0.02 0.02
  size=$(wc -c <"$dir/$c.raw")
  printf "\\$(printf %03o $((size % 256)))\\$(printf %03o $((size / 256)))" >>"$dir/head"
  cat "$dir/$c.raw" >>"$dir/body"
done
cat "$dir/head" "$dir/body" >voice.bin
