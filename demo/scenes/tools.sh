# Building blocks of the pictures: bash functions that print pieces of ffmpeg
# filter graphs. Everything is computed from coordinates and fixed seeds, never
# from a generator with state: the same ffmpeg gives the same bytes whatever
# the number of threads.
#
# A picture works with a height field (gray16, 0 to 65535) that is coloured at
# the end: `palette` for colour by height, `relief` for light from the side.

# noise LABEL WIDTH HEIGHT SEED CELL_PX OCTAVES [ROUGHNESS] [STRETCH]
# Value noise in several octaves (fractional Brownian motion) as [LABEL]:
# random grids, each half as coarse and ROUGHNESS (0.5) times as strong as the
# last, made large smoothly and summed. STRETCH makes the cells that many times
# as wide as high (waves seen from the shore).
#
# Coarse grids are enlarged by geq first (p() interpolates between pixels;
# quintic steps make it smooth), because the scaler's rounding shows as seams
# there; it does the last enlargement, a few times, where they don't.
noise() {
  local label=$1 width=$2 height=$3 seed=$4 cell=$5 octaves=$6 rough=${7:-0.5} stretch=${8:-1}
  local octave grid_w grid_h tile_w tile_h times inputs='' weights='' weight=1000
  local quintic='st(%d,%s);st(%d,floor(ld(%d))+pow(ld(%d)-floor(ld(%d)),3)*((ld(%d)-floor(ld(%d)))*((ld(%d)-floor(ld(%d)))*6-15)+10));'
  for ((octave = 0; octave < octaves; octave++)); do
    grid_w=$((width / (cell * stretch) + 3)) grid_h=$((height / cell + 3))
    ((grid_w > width)) && grid_w=$width
    ((grid_h > height)) && grid_h=$height
    # The finest grids repeat themselves, which nobody sees.
    tile_w=$((grid_w > 400 ? 400 : grid_w)) tile_h=$((grid_h > 400 ? 400 : grid_h))
    printf "color=s=%dx%d,format=gray16le,geq=lum='65535*mod(abs(sin(X*12.9898+Y*78.233+%d.37)*43758.5453),1)'," \
      "$tile_w" "$tile_h" $((seed + octave))
    if ((tile_w < grid_w || tile_h < grid_h)); then
      printf 'loop=loop=-1:size=1,tile=%dx%d,crop=%d:%d:0:0,' $(((grid_w + tile_w - 1) / tile_w)) \
        $(((grid_h + tile_h - 1) / tile_h)) "$grid_w" "$grid_h"
    fi
    if ((cell > 20)); then
      times=$((cell > 100 ? 8 : 4))
      printf "pad=%d:%d,geq=lum='" $((width / times)) $((height / times))
      # shellcheck disable=SC2059 # the format is a template used twice
      printf "$quintic" 0 "X*$times/$((cell * stretch))" 2 0 0 0 0 0 0 0
      # shellcheck disable=SC2059
      printf "$quintic" 1 "Y*$times/$cell" 3 1 1 1 1 1 1 1
      printf "p(ld(2),ld(3))',"
    fi
    printf 'scale=%d:%d:flags=bicubic+accurate_rnd+bitexact[%s%d];' "$width" "$height" "$label" "$octave"
    inputs+="[$label$octave]" weights+="$weight "
    weight=$(awk -v w="$weight" -v r="$rough" 'BEGIN { printf "%d", w * r + 0.5 }')
    ((cell = cell > 1 ? cell / 2 : 1))
  done
  printf "%smix=inputs=%d:weights='%s'[%s];" "$inputs" "$octaves" "${weights% }" "$label"
}

# palette POSITION#RRGGBB...: gray16 in, 16-bit RGB out, in straight lines from
# colour to colour (positions from 0 to 1 of the height, the first 0, the last 1).
palette() {
  local stop hex position last='' channels=('' '' '') closing='' from=() to=() i
  for stop in "$@"; do
    position=${stop%%#*} hex=${stop##*#}
    to=($((16#${hex:0:2} * 257)) $((16#${hex:2:2} * 257)) $((16#${hex:4:2} * 257)))
    if [[ $last ]]; then
      for i in 0 1 2; do
        channels[i]+="if(lte(val,65535*$position),${from[i]}+(${to[i]}-${from[i]})*(val/65535-$last)/($position-$last),"
      done
      closing+=')'
    fi
    last=$position from=("${to[@]}")
  done
  printf "format=rgb48le,lutrgb=r='%s%d%s':g='%s%d%s':b='%s%d%s'" \
    "${channels[0]}" "${to[0]}" "$closing" "${channels[1]}" "${to[1]}" "$closing" "${channels[2]}" "${to[2]}" "$closing"
}

# contrast GAIN: gray16, with the differences from the middle so much larger.
contrast() {
  printf "format=gray16le,lut=c0='clip(32768+%s*(val-32768),0,65535)',format=gray16le" "$1"
}

# relief STRENGTH: a gray16 height field as the light it catches from the upper
# left (gray16, 32768 where it is flat).
relief() {
  printf "format=gray16le,convolution=0m='0 -1 0 -1 0 1 0 1 0':0bias=32768,"
  contrast "$1"
}

# lit BASE LIGHT: the colours of [BASE] in the light of [LIGHT].
lit() {
  printf '[%s]format=gbrp[%s-c];[%s]format=gbrp[%s-l];[%s-c][%s-l]blend=all_mode=softlight' "$1" "$1" "$2" "$2" "$1" "$2"
}
