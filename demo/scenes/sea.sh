# The open sea: a sky, and its reflection broken by waves.

# seascape WIDTH SKY_HEIGHT WATER_HEIGHT SEED SUN_X SUN_Y SUN_RADIUS CLOUD STARS \
#          WAVE SKY_STOPS SUN_RGB CLOUD_RGB WATER_RGB [OVERLAY x y]...
# CLOUD 0 to 1; WAVE: height of the waves, px; SKY_STOPS: `palette` stops from
# the zenith to the horizon; colours as r:g:b (0 to 1). Overlays are files of
# this folder, placed on the sky and reflected with it.
seascape() {
  local w=$1 sky=$2 water=$3 seed=$4 sun_x=$5 sun_y=$6 sun_r=$7 cloud=$8 stars=$9
  shift 9
  local wave=$1 stops=$2 sun=$3 cloud_rgb=$4 water_rgb=$5
  shift 5
  local scene=scene i=0 half="$((w / 2))x$((sky / 2))" whole="scale=$w:$sky:flags=bicubic+accurate_rnd+bitexact"
  # Air: colour by height; the sun's disc and its glow. What is soft is painted
  # at half the size, for a quarter of the work.
  # shellcheck disable=SC2086 # the stops are words
  printf '%s' "color=s=${w}x$sky,format=gray16le,geq=lum='65535*clip(Y/H,0,1)',$(palette $stops),format=gbrp[air];"
  printf '%s' "color=s=$half,format=gray16le,geq=lum='st(0,hypot(2*X-$sun_x,2*Y-$sun_y)/$sun_r);65535*clip(clip((1-ld(0))*$sun_r/2+0.5,0,1)*0.9+0.55*exp(-ld(0)/2.2)+0.28*exp(-ld(0)/7),0,1)',"
  printf '%s' "$whole,format=gbrp,$(tint "$sun")[glow];[air][glow]blend=all_mode=screen[day];"
  # Stars, fewer towards the horizon.
  printf '%s' "color=s=$half,format=gray,geq=lum='if(gt(mod(abs(sin(X*12.9898+Y*78.233)*43758.5453),1),1-0.0016*$stars*(1-Y/H)),90+165*mod(abs(sin(X*7.13+Y*3.71)*1731.7),1),0)',scale=$w:$sky:flags=neighbor,format=gbrp[stars];"
  printf '%s' "[day][stars]blend=all_mode=screen[night];"
  # Clouds: noise, thinner to the zenith, brighter near the sun.
  noise cl $((w / 2)) $((sky / 2)) "$seed" $((sky / 6)) 6 0.55 3
  printf '%s' "[cl]geq=lum='65535*clip((p(X,Y)/65535-(0.72-0.3*$cloud))*4,0,1)*clip(Y/H*1.6,0.15,1)*clip(0.42+0.75*exp(-hypot(X-$sun_x/2,(Y-$sun_y/2)*1.6)/(W*0.28)),0,1)',$whole,format=gbrp,$(tint "$cloud_rgb")[clouds];"
  printf '%s' "[night][clouds]blend=all_mode=screen[$scene];"
  while (($# >= 3)); do
    printf '%s' "movie=$1[o$i];[$scene][o$i]overlay=x=$2:y=$3:format=gbrp[scene$i];"
    scene=scene$i
    ((i += 1))
    shift 3
  done
  # Water: the scene upside down, each pixel taken from where a wave throws it.
  # Waves are noise seen in perspective: row y of the water is 1/y away.
  printf '%s' "[$scene]split[above][mirror];[mirror]vflip,crop=$w:$water:0:0[flip];"
  noise wv "$w" "$water" $((seed + 50)) 64 5 0.6 3
  printf '%s' "[wv]geq=lum='st(0,(Y+4)/$water);st(1,abs(mod(40*W+W/2+(X-W/2)/pow(ld(0),0.7)*0.45,2*W-2)-W+1));st(2,abs(mod(230*log(ld(0))+8*H,2*H-2)-H+1));"
  printf '%s' "65535*clip(0.5+(p(ld(1),ld(2))/65535-0.5)*1.9,0,1)',format=gray16le,split[wa][wb];"
  printf '%s' "[wa]geq=lum='32896+(p(X,Y)-32768)*(0.10+0.90*Y/H)*$wave/128',format=gray16le,format=gray,format=gbrp[ymap];"
  printf '%s' "[wb]split[wb1][wb2];[wb1]geq=lum='32896+(p(X+7,Y)-p(X-7,Y))*(0.2+0.8*Y/H)*$wave/300',format=gray16le,format=gray,format=gbrp[xmap];"
  printf '%s' "[flip][xmap][ymap]displace=edge=mirror[broken];"
  # The slope that faces us shows the water's own colour.
  printf '%s' "[wb2]geq=lum='65535*clip(0.30+0.5*Y/H+(p(X,Y)-p(X,Y-3))/65535*2.4,0,0.86)',format=gray16le,format=gray[depth];"
  printf '%s' "color=s=${w}x$water:c=white,format=gbrp,$(tint "$water_rgb")[own];"
  printf '%s' "[depth]format=gbrp[mask];[broken][own][mask]maskedmerge[sea];[above][sea]vstack[out]"
}

# middle A:B:C prints B.
middle() {
  local rest=${1#*:}
  printf '%s' "${rest%%:*}"
}

# tint R:G:B multiplies gray by a colour.
tint() {
  printf 'colorchannelmixer=rr=%s:gg=%s:bb=%s' "${1%%:*}" "$(middle "$1")" "${1##*:}"
}

paint_first_light() {
  seascape 1800 640 460 3 1240 560 46 0.62 0.25 58 \
    '0#16324f 0.35#3f6a86 0.62#c98f86 0.82#f3b58a 1#ffe2b0' 1:0.86:0.6 1:0.62:0.5 0.05:0.17:0.24 headland.svg 0 222
}

paint_evening_reach() {
  seascape 2000 620 380 91 620 470 62 0.8 0 74 \
    '0#27265c 0.3#6b3f78 0.58#d5606a 0.8#ff9a5e 1#ffd58a' 1:0.72:0.42 1:0.5:0.42 0.10:0.09:0.22 boat.svg 1310 424
}

paint_moon_road() {
  seascape 1300 900 700 17 640 470 58 0.55 1 200 \
    '0#050b1d 0.4#0b1d3a 0.8#1c3d63 1#3f6c8c' 0.93:0.95:1 0.36:0.44:0.56 0.01:0.05:0.10 boat.svg 930 704
}

paint_fair_wind() {
  seascape 1600 660 460 44 1450 60 50 0.9 0 46 \
    '0#2f7fc0 0.4#6fb2da 0.75#bfe0ea 1#eef6f0' 1:0.97:0.85 1:1:1 0.02:0.27:0.40 boat.svg 420 464
}

# Light curtains above a dark bay.
paint_northern_light() {
  noise au 1600 620 123 200 4 0.5
  printf '%s' "[au]geq=lum='st(0,W/2+(X-W/2)*0.9);st(1,p(ld(0),90)/65535*2.3+0.0012*X);st(2,mod(ld(1)*3,1));st(3,130+330*p(mod(X*1.7,W-1),200)/65535+60*sin(X/210));"
  printf '%s' "st(4,(ld(3)-Y)/300);65535*clip(if(gt(ld(4),0),exp(-ld(4)*2.6)*(0.35+0.65*p(mod(X*6+p(X,50)/300,W-1),20)/65535*1.3),exp(ld(4)*16))*(0.55+0.45*sin(ld(1)*9)),0,1)',split[a1][a2];"
  printf '%s' "[a1]$(palette 0#000000 0.3#06382f 0.6#1fa071 0.85#8ff0b0 1#efffe0),format=gbrp[green];"
  printf '%s' "[a2]scale=1600:620,geq=lum='0.8*p(X,clip(Y+70,0,H-1))',$(palette 0#000000 0.5#2b0f4a 1#a04fc0),format=gbrp[violet];[green][violet]blend=all_mode=screen[curtain];"
  seascape 1600 620 440 8 800 900 20 0.1 1 50 '0#04070f 0.5#081a2a 1#123848' 0:0:0 0.1:0.2:0.2 0.0:0.04:0.07 headland.svg 0 202 |
    sed 's/\[day\]\[stars\]/[day][curtain]blend=all_mode=screen[aurora];[aurora][stars]/'
}

# Ridges behind ridges, paler with distance.
paint_fjord() {
  local expr='0.08+0.0*X' layer base
  for layer in 0 1 2 3 4 5 6; do
    base=$((330 + layer * 95))
    expr="if(gt(Y,$base-$((150 - layer * 12))*p(abs(mod(X*(1.35-0.1*$layer)+$((layer * 377)),2*W-4)-W+2),$((layer * 130 + 40)))/65535*1.5+$((60 - layer * 4))),0.98-0.125*$((6 - layer))-0.10*clip(($base+70-Y)/220,0,1),$expr)"
  done
  # The farthest is tested last in the nest, so nearer ridges hide it.
  expr=${expr//0.08+0.0\*X/0.03+0.2*Y\/H}
  noise rg 1500 1100 61 210 8 0.47
  printf '%s' "[rg]geq=lum='65535*clip($expr+0.012*(p(mod(X*7,W-1),mod(Y*7,H-1))/65535-0.5),0,1)*gt(hypot(X-1040,Y-232),66)',$(palette 0#fff3d6 0.02#fbe3bf 0.1#f6c9a5 0.2#eab59b 0.25#c3a7a5 0.4#8fa0ac 0.55#5f8696 0.7#38657a 0.85#1d455a 1#0b2433)[out]"
}
