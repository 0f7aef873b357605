# Coasts of infinite length.

# escape WIDTH HEIGHT X Y PIXEL ITERATIONS STEP SHADE: gray16 of SHADE, where
# ld(6) is the smooth escape time of z := z² + c (black inside). STEP is the
# expression of the new imaginary part.
escape() {
  printf "color=s=%dx%d,format=gray16le,geq=lum='st(0,%s+(X-W/2)*%s);st(1,%s+(Y-H/2)*%s);st(2,0);st(3,0);st(4,0);" "$1" "$2" "$3" "$5" "$4" "$5"
  printf 'while(lt(ld(4),%d)*lt(abs(ld(2)),9),st(5,ld(2)*ld(2)-ld(3)*ld(3)+ld(0));st(3,%s);st(2,ld(5));st(4,ld(4)+1));' "$6" "$7"
  printf "st(6,ld(4)+1-log(log(max(ld(2)*ld(2)+ld(3)*ld(3),3)))/log(2));if(gte(ld(4),%d),0,65535*clip(%s,0.01,1))'" "$6" "$8"
}

paint_seahorse_valley() {
  escape 800 600 -0.7461 -0.1097 0.0000086 210 '2*ld(2)*ld(3)+ld(1)' '0.5-0.49*cos(sqrt(ld(6))*1.25)'
  printf '%s' ",$(palette 0#04121c 0.02#0a2a45 0.25#15607f 0.45#4fb0ae 0.62#d8e6c4 0.8#ffd08a 0.93#f08a5d 1#fff4dd),scale=1400:1050:flags=lanczos+accurate_rnd+bitexact[out]"
}

paint_spiral_shell() {
  escape 750 500 -0.743644 -0.131826 0.00000041 320 '2*ld(2)*ld(3)+ld(1)' '0.5-0.49*cos(sqrt(ld(6))*1.05)'
  printf '%s' ",$(palette 0#120716 0.04#2b1140 0.25#6f2a6b 0.45#d4586a 0.62#f9a26c 0.8#ffe3a8 1#fffdf0),scale=1500:1000:flags=lanczos+accurate_rnd+bitexact[out]"
}

paint_islet() {
  escape 700 700 -1.7550 0 0.000077 130 '2*ld(2)*ld(3)+ld(1)' '0.5-0.49*cos(pow(ld(6),0.6)*0.9)'
  printf '%s' ",$(palette 0#06140f 0.05#0d2f2a 0.25#17685c 0.45#74b38a 0.62#e9e3b8 0.8#f5b169 0.92#d9603c 1#fff7e4),scale=1200:1200:flags=lanczos+accurate_rnd+bitexact[out]"
}

# The burning ship: the same sum with both parts made positive.
paint_burning_ship() {
  escape 1100 770 -1.762 -0.034 0.00012 80 'abs(2*ld(2)*ld(3))+ld(1)' 'ld(6)/46'
  printf '%s' ",$(palette 0#05080d 0.16#12283a 0.22#5b2a35 0.34#b8452f 0.5#f0913f 0.7#ffd98a 1#fff9e8),scale=1600:1120:flags=lanczos+accurate_rnd+bitexact[out]"
}
