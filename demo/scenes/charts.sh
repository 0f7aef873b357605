# Seen from above: sea charts, islands, a shore, a moon.

paint_archipelago() {
  noise n 1800 1200 11 420 9 0.52
  printf '%s' "[n]$(contrast 1.7),split[h][hs];"
  printf '%s' "[h]$(palette 0#06283d 0.22#0b4a63 0.42#1a8a96 0.5#6fcdbf 0.535#eee3bd 0.56#c9bd86 0.62#6f8f5a 0.75#3f6b4a 0.88#7d7a6d 1#f4f1ea)[base];"
  printf '%s' "[hs]$(relief 6)[light];"
  printf '%s' "$(lit base light)[out]"
}

paint_soundings() {
  noise n 1600 1200 29 460 6 0.42
  printf '%s' "[n]geq=lum='st(0,clip((p(X,Y)/65535-0.5)*1.7+0.5,0,1)*22);st(1,abs(mod(ld(0),1)-0.5));"
  printf '%s' "st(2,hypot(p(X+2,Y)-p(X-2,Y),p(X,Y+2)-p(X,Y-2))/65535*1.7*22/4+0.004);"
  printf '%s' "st(3,if(lt(mod(floor(ld(0)),5),1),1.9,0.8));"
  printf '%s' "65535*clip(0.16+floor(ld(0))/22*0.8-0.55*clip(ld(3)-(0.5-ld(1))/ld(2)+0.5,0,1),0,1)',"
  printf '%s' "$(palette 0#1d3a4a 0.2#3d6d80 0.35#8fbac0 0.6#cfe0d8 0.8#f2ead6 1#f7f1e1)[out]"
}

paint_atoll() {
  noise n 1500 1500 71 300 8 0.5
  printf '%s' "[n]geq=lum='st(0,hypot(X-740,(Y-760)*1.12)/620+(p(X,Y)/65535-0.5)*0.75);"
  printf '%s' "st(1,exp(-pow((ld(0)-0.72)/0.13,2))*0.62+0.34*(1-ld(0))+0.16*(p(2*X-700,Y)/65535-0.5));"
  printf '%s' "65535*clip(ld(1)*0.8+0.12,0,1)',split[h][hs];"
  printf '%s' "[h]$(palette 0#04263a 0.15#064b66 0.3#0a86a0 0.42#3fc3c1 0.5#a5ead3 0.54#f5ecc8 0.58#e2cf98 0.62#5f9457 0.75#2e6b3f 1#9cb77b)[base];"
  printf '%s' "[hs]$(relief 5)[light];$(lit base light)[out]"
}

# A moon: a landscape wrapped round a globe.
paint_tide_maker() {
  noise n 2048 1024 5 170 9 0.6
  printf '%s' "[n]geq=lum='st(0,p(X,Y)/65535);st(1,p(mod(X*0.5+600,W),Y*0.5+200)/65535);65535*clip((0.55*ld(0)+0.45*ld(1)-0.5)*3+0.5,0,1)',split[h][hs];"
  printf '%s' "[h]$(palette 0#39424b 0.35#707a80 0.5#a9aca6 0.7#d9d5c6 1#fbf6e6)[base];[hs]$(relief 12)[light];$(lit base light),format=gbrp,"
  printf '%s' "v360=input=e:output=og:w=1200:h=1200:h_fov=176:v_fov=176:yaw=40:pitch=12[globe];"
  printf '%s' "color=s=1400x1400,format=gray,geq=lum='st(0,(X-700)/600);st(1,(Y-700)/600);st(2,1-ld(0)*ld(0)-ld(1)*ld(1));if(lt(ld(2),0),0,255*clip((sqrt(ld(2))*0.55-ld(0)*0.68-ld(1)*0.42)*1.25,0,1))',format=gbrp[sun];"
  printf '%s' "[globe]pad=1400:1400:100:100[g];[g][sun]blend=all_mode=multiply[moon];"
  # Stars, and a glow around the disc.
  printf '%s' "color=s=1400x1400,format=gray16le,geq=lum='st(0,hypot(X-690,Y-690)-600);65535*max(0.5*exp(-pow(ld(0)/90,2)),gt(mod(abs(sin(floor(X/3)*12.9898+floor(Y/3)*78.233)*43758.5453),1),0.9992)*gt(ld(0),14))',"
  printf '%s' "$(palette 0#080e18 0.5#142840 1#d0d6e0),format=gbrp[space];"
  printf '%s' "[space][moon]blend=all_mode=screen[out]"
}
