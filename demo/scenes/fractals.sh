# Coasts of infinite length.

# escape WIDTH HEIGHT X Y PIXEL ITERATIONS FOLD SHADE: gray16 of SHADE, where
# ld(6) is the smooth escape time of z := z² + c (black inside). FOLD is a
# function of the product of both parts ('' for none). Whether z has escaped is
# looked at after every fourth step only: later is as good for the smooth time.
escape() {
  local step
  printf "color=s=%dx%d,format=gray16le,geq=lum='st(0,%s+(X-W/2)*%s);st(1,%s+(Y-H/2)*%s);st(2,0);st(3,0);st(4,0);" "$1" "$2" "$3" "$5" "$4" "$5"
  printf 'while(lt(ld(4),%d)*lt(abs(ld(2)),9),' "$6"
  for step in 2,5 5,2 2,5 5,2; do # the real part before and after
    printf 'st(%d,ld(%d)*ld(%d)-ld(3)*ld(3)+ld(0));st(3,2*%s(ld(%d)*ld(3))+ld(1));' \
      "${step#*,}" "${step%,*}" "${step%,*}" "$7" "${step%,*}"
  done
  printf "st(4,ld(4)+4));st(6,ld(4)+1-log(log(max(ld(2)*ld(2)+ld(3)*ld(3),3)))/log(2));if(gte(ld(4),%d),0,65535*clip(%s,0.01,1))'" "$6" "$8"
}

paint_seahorse_valley() {
  escape 700 525 -0.7461 -0.1097 0.00000983 210 '' '0.5-0.49*cos(sqrt(ld(6))*1.25)'
  printf '%s' ",$(palette 0#04121c 0.02#0a2a45 0.25#15607f 0.45#4fb0ae 0.62#d8e6c4 0.8#ffd08a 0.93#f08a5d 1#fff4dd),scale=1400:1050:flags=lanczos+accurate_rnd+bitexact[out]"
}

paint_spiral_shell() {
  escape 660 440 -0.743644 -0.131826 0.000000466 320 '' '0.5-0.49*cos(sqrt(ld(6))*1.05)'
  printf '%s' ",$(palette 0#120716 0.04#2b1140 0.25#6f2a6b 0.45#d4586a 0.62#f9a26c 0.8#ffe3a8 1#fffdf0),scale=1500:1000:flags=lanczos+accurate_rnd+bitexact[out]"
}

paint_islet() {
  # The upper half; the lower one is its mirror image.
  escape 700 350 -1.7550 -0.0134365 0.000077 130 '' '0.5-0.49*cos(pow(ld(6),0.6)*0.9)'
  printf '%s' ",split[up][m];[m]vflip[down];[up][down]vstack,$(palette 0#06140f 0.05#0d2f2a 0.25#17685c 0.45#74b38a 0.62#e9e3b8 0.8#f5b169 0.92#d9603c 1#fff7e4),scale=1200:1200:flags=lanczos+accurate_rnd+bitexact[out]"
}

# The burning ship: the same sum with both parts made positive.
paint_burning_ship() {
  escape 960 672 -1.762 -0.034 0.0001375 80 abs 'ld(6)/46'
  printf '%s' ",$(palette 0#05080d 0.16#12283a 0.22#5b2a35 0.34#b8452f 0.5#f0913f 0.7#ffd98a 1#fff9e8),scale=1600:1120:flags=lanczos+accurate_rnd+bitexact[out]"
}
