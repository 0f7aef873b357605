# The film: one day and one night over the same bay, in 60 seconds.
#
# Nothing is random, so every run draws the same frames. Stills (sky colours,
# clouds, waves, sun, moon) are drawn once; each frame moves and mixes them.
FILM_WIDTH=1280 FILM_HEIGHT=720 FILM_FPS=24 FILM_SECONDS=60
FILM_FRAMES=$((FILM_FPS * FILM_SECONDS))
# The frame code (see demo/README.md, "The frame code").
CODE_BITS=12 CODE_CELL_PX=40 CODE_HEIGHT_PX=24 CODE_LEFT_PX=120

film_sky_px=430
film_water_px=$((FILM_HEIGHT - film_sky_px))

# Columns of sky from dusk till dusk; a frame takes the column of its time.
still_hours() {
  local hour=0 stops columns=''
  for stops in \
    '0#050a1c 0.5#0b1a38 1#1d3a5c' '0#0a1430 0.55#21365f 1#6a5f7d' '0#1b3a66 0.5#8a7a96 0.8#f0a27e 1#ffd9a0' \
    '0#2f73b5 0.5#86bada 1#fbe6c4' '0#2a7cc4 0.5#78b8e0 1#d9eef2' '0#2678c2 0.5#6fb3df 1#d2ebf2' \
    '0#2d76b8 0.5#8fbcd8 1#f3e4c8' '0#34487f 0.45#b06a85 0.75#f58a5c 1#ffcf80' '0#1d1f4d 0.5#6a3d70 0.85#c9596a 1#f29a6b' \
    '0#0a1030 0.6#1f2a55 1#4a4672' '0#050a1c 0.5#0b1a38 1#1b3556'; do
    # shellcheck disable=SC2086 # the stops are words
    printf '%s' "color=s=4x$film_sky_px,format=gray16le,geq=lum='65535*Y/H',$(palette $stops),format=gbrp[h$hour];"
    columns+="[h$hour]"
    ((hour += 1))
  done
  printf '%s' "${columns}hstack=inputs=$hour,scale=$((FILM_FRAMES + 8)):$film_sky_px:flags=bicubic+accurate_rnd+bitexact[out]"
}

still_clouds() {
  noise c 2720 $film_sky_px 1201 150 7 0.55 3
  printf '%s' "[c]geq=lum='65535*clip((p(X,Y)/65535-0.47)*4,0,1)*clip(Y/H*2,0.1,1)*(0.55+0.45*p(X,clip(Y+16,0,H-1))/65535)',format=gray16le,format=gray[a];"
  printf '%s' "color=s=2720x$film_sky_px:c=0xfff4ea,format=gbrp[w];[w][a]alphamerge[out]"
}

still_stars() {
  printf '%s' "color=s=${FILM_WIDTH}x$film_sky_px,format=gray,geq=lum='if(gt(mod(abs(sin(floor(X/2)*12.9898+floor(Y/2)*78.233)*43758.5453),1),1-0.0022*(1.1-Y/H)),80+175*mod(abs(sin(floor(X/2)*7.13+floor(Y/2)*3.71)*1731.7),1),0)',split[a][b];[a]format=gbrp[c];[c][b]alphamerge[out]"
}

# still_disc RADIUS R G B: a shining disc and its glow, 640 x 640.
still_disc() {
  printf '%s' "color=s=640x640,format=gray,geq=lum='st(0,hypot(X-320,Y-320));255*clip(clip($1-ld(0)+0.5,0,1)+0.75*exp(-ld(0)/($1*1.1))-0.012,0,1)',split[a][b];"
  printf '%s' "[a]format=gbrp,geq=r='$2':g='$3':b='$4'[c];[c][b]alphamerge[out]"
}

# The waves from above: a sheet that continues itself at every edge (it is made
# of mirror images), twice each way, so that a window of its size may begin
# anywhere. What moves is the window: that costs nothing.
film_sheet_w=1600 film_sheet_h=384
still_waves() {
  noise v $((film_sheet_w / 2)) $((film_sheet_h / 2)) 1301 44 6 0.55 3
  printf '%s' "[v]$(contrast 1.7),format=gray,split[a][b];[b]hflip[c];[a][c]hstack,split[d][e];[e]vflip[f];[d][f]vstack,"
  printf '%s' "loop=loop=-1:size=1,tile=2x2[out]"
}

# still_across SPREAD, still_away SPREAD: where on the sheet each pixel of the
# water (400 x 96) lies, seen from the shore.
still_across() {
  printf '%s' "color=s=400x96,format=gray16le,geq=lum='mod((400+(X-200)/pow((Y+2)/H,0.7))*$1+40*$film_sheet_w,$film_sheet_w)',format=gray16le[out]"
}

still_away() {
  printf '%s' "color=s=400x96,format=gray16le,geq=lum='mod(220*log((Y+2)/H)*$1+40*$film_sheet_h,$film_sheet_h)',format=gray16le[out]"
}

# film_graph STILLS_FOLDER: the graph of the whole film, output [out].
film_graph() {
  local dir=$1 bit x train still="loop=loop=-1:size=1,settb=1/$FILM_FPS,setpts=N" night
  night='lt(t\,9)+gt(t\,47)'
  printf '%s' "movie=$dir/hours.png,format=gbrp,$still,crop=4:$film_sky_px:n:0,scale=$FILM_WIDTH:$film_sky_px:flags=fast_bilinear,setsar=1,trim=end_frame=$FILM_FRAMES[sky];"
  printf '%s' "movie=$dir/stars.png,format=gbrap,$still,split[st1][st2];[st1]fade=t=out:st=4:d=5:alpha=1[stars1];[st2]fade=t=in:st=47:d=6:alpha=1[stars2];"
  printf '%s' "[sky][stars1]overlay=format=gbrp:enable='lt(t,9)'[s1];[s1][stars2]overlay=format=gbrp:enable='gt(t,47)'[s2];"
  # The sun crosses from t = 7 to t = 47, the moon rises after it.
  printf '%s' "movie=$dir/sun.png,format=gbrap,$still[sun];[s2][sun]overlay=format=gbrp:x='-320+180+(t-7)*24':y='-320+$film_sky_px+40-400*sin(PI*clip((t-7)/40,0,1))':enable='between(t,5,50)'[s3];"
  printf '%s' "movie=$dir/moon.png,format=gbrap,$still[moon];[s3][moon]overlay=format=gbrp:x='-320+if(lt(t,20),1000+t*16,330+(t-48)*14)':y='-320+if(lt(t,20),150+t*46,$film_sky_px+90-(t-48)*34)':enable='lt(t,9)+gt(t,48)'[s4];"
  printf '%s' "movie=$dir/clouds.png,format=gbrap,$still,crop=$FILM_WIDTH:$film_sky_px:n:0,fade=t=in:st=5:d=6:alpha=1,fade=t=out:st=46:d=6:alpha=1[clouds];[s4][clouds]overlay=format=gbrp:enable='between(t,5,52)'[s5];"
  printf '%s' "movie=headland.svg,format=gbrap,$still[land];[s5][land]overlay=format=gbrp:x=0:y=$((film_sky_px - 417))[s6];"
  printf '%s' "movie=$dir/lamp.png,format=gbrap,$still[lamp];[s6][lamp]overlay=format=gbrp:x=222-320:y=$((film_sky_px - 417 + 128 - 320)):enable='($night)*lt(mod(t,4),0.8)'[s7];"
  printf '%s' "movie=boat.svg,format=gbrap,$still,split[bt1][bt2];[bt2]scale=60:80,hflip[far];[s7][far]overlay=format=gbrp:x='1300-t*19':y='$((film_sky_px - 79))+sin(t*1.7)'[s8];"
  printf '%s' "[s8][bt1]overlay=format=gbrp:x='-160+t*25':y='$((film_sky_px - 197))+3*sin(t*2.1)'[s9];"
  # Water: as in the still seascapes, with two wave trains that move.
  printf '%s' "[s9]split[above][m];[m]vflip,crop=$FILM_WIDTH:$film_water_px:0:0[flip];"
  printf '%s' "movie=$dir/waves.png,format=gray,$still,split[sh1][sh2];"
  for train in '1 2*n' "2 4*$film_sheet_w-n"; do
    printf '%s' "[sh${train%% *}]crop=$film_sheet_w:$film_sheet_h:'mod(${train#* },$film_sheet_w)':'mod(4*$film_sheet_h-n,$film_sheet_h)'[w${train%% *}];"
    printf '%s' "movie=$dir/across-${train%% *}.png,format=gray16le,$still[mx${train%% *}];movie=$dir/away-${train%% *}.png,format=gray16le,$still[my${train%% *}];"
    printf '%s' "[w${train%% *}][mx${train%% *}][my${train%% *}]remap=format=gray[t${train%% *}];"
  done
  printf '%s' "[t1][t2]blend=all_mode=average,lut=c0='clip(128+(2*val-255)*0.8,0,255)',format=gray,trim=end_frame=$FILM_FRAMES,scale=$FILM_WIDTH:$film_water_px:flags=bicubic,split=3[wx][wy][ws];"
  printf '%s' "[wx]lut=y='128+(val-128)*0.09',format=gray,format=gbrp[xmap];[wy]lut=y='128+(val-128)*0.55',format=gray,format=gbrp[ymap];[flip][xmap][ymap]displace=edge=mirror[bent];"
  printf '%s' "[ws]lut=y='clip(110+val*0.62,0,255)',format=gray,format=gbrp,colorchannelmixer=rr=0.86:gg=0.96[shade];[bent][shade]blend=all_mode=multiply[sea];[above][sea]vstack,scale=out_color_matrix=bt709:out_range=tv,format=yuv420p,setsar=1,setparams=range=tv:color_primaries=bt709:color_trc=bt709:colorspace=bt709,noise=c0s=7:c0f=t:all_seed=42,"
  printf '%s' "drawtext=text='%{pts\:hms}  frame %{n}':font=DejaVu Sans Mono:fontsize=24:fontcolor=white@0.85:shadowcolor=black@0.6:shadowx=1:shadowy=1:x=w-tw-24:y=24,"
  # The frame code: a white and a black cell, the number, its complement.
  printf '%s' "drawbox=x=$CODE_LEFT_PX:y=ih-$CODE_HEIGHT_PX:w=$(((2 + 2 * CODE_BITS) * CODE_CELL_PX)):h=$CODE_HEIGHT_PX:c=black:t=fill,drawbox=x=$CODE_LEFT_PX:y=ih-$CODE_HEIGHT_PX:w=$CODE_CELL_PX:h=$CODE_HEIGHT_PX:c=white:t=fill"
  for ((bit = 0; bit < CODE_BITS; bit++)); do
    x=$((CODE_LEFT_PX + (2 + bit) * CODE_CELL_PX))
    printf '%s' ",drawbox=x=$x:y=ih-$CODE_HEIGHT_PX:w=$CODE_CELL_PX:h=$CODE_HEIGHT_PX:c=white:t=fill:enable='mod(floor(n/$((1 << (CODE_BITS - 1 - bit)))),2)'"
    x=$((x + CODE_BITS * CODE_CELL_PX))
    printf '%s' ",drawbox=x=$x:y=ih-$CODE_HEIGHT_PX:w=$CODE_CELL_PX:h=$CODE_HEIGHT_PX:c=white:t=fill:enable='not(mod(floor(n/$((1 << (CODE_BITS - 1 - bit)))),2))'"
  done
  printf '%s' "[out]"
}
