# Water and sand close by: ripples, light, swell, foam, ink.

# Two points dip into a tray of water: their waves add and cancel.
paint_two_tides() {
  printf '%s' "color=s=1400x1000,format=gray16le,geq=lum='st(0,hypot(X-470,Y-500));st(1,hypot(X-930,Y-500));65535*(0.5+0.25*sin(ld(0)/9.2)*exp(-ld(0)/1500)+0.25*sin(ld(1)/9.2)*exp(-ld(1)/1500))',format=gray16le,split[h][hs];"
  printf '%s' "[h]$(palette 0#041f2c 0.25#0a4a5c 0.5#178a93 0.75#8fdcc9 1#fdf3d3)[base];[hs]$(relief 2.2)[light];$(lit base light)[out]"
}

# Sunlight on the floor of a shallow lagoon: ridges of folded noise.
paint_caustics() {
  noise n 1600 1200 151 150 6 0.5
  printf '%s' "[n]geq=lum='st(0,p(X,Y)/65535);st(1,p(mod(X*0.8+500,W-1),mod(Y*0.8+330,H-1))/65535);st(2,p(abs(mod(X+ld(0)*260,2*W-2)-W+1),abs(mod(Y+ld(1)*260,2*H-2)-H+1))/65535);st(3,p(abs(mod(X*1.3-ld(1)*220+90,2*W-2)-W+1),abs(mod(Y*1.3-ld(0)*220,2*H-2)-H+1))/65535);"
  printf '%s' "65535*clip(0.42*exp(-abs(ld(2)-0.5)*26)+0.42*exp(-abs(ld(3)-0.5)*24)+0.30*ld(0)+0.05,0,1)',$(palette 0#04526b 0.25#0b8ba0 0.45#3cc3c5 0.65#9deadb 0.85#e9fff2 1#ffffff)[out]"
}

# A long swell seen from a low plane, in the evening.
paint_long_swell() {
  noise n 1800 1100 207 300 8 0.52 2
  printf '%s' "[n]geq=lum='st(0,p(X,Y)/65535);st(1,Y/34+X/160+ld(0)*9);65535*clip(0.5+0.2*(1-2*abs(sin(ld(1)/2)))+0.5*(p(X,Y)/65535-0.5)+0.12*sin(ld(1)*2.7+ld(0)*14),0,1)',format=gray16le,split[h][hs];"
  printf '%s' "[h]$(palette 0#0a1d33 0.35#123f5c 0.55#2b6f86 0.72#7fb0ab 0.86#f1cfa3 1#ffeccc)[base];[hs]$(relief 3.4)[light];$(lit base light)[out]"
}

# Where the last wave ran out: sea, foam, wet sand, dry sand, from a kite.
paint_tideline() {
  noise n 1700 1130 331 260 9 0.55
  printf '%s' "[n]geq=lum='st(0,p(X,Y)/65535);st(1,(X*0.35+Y)/1130-0.62+0.20*sin(X/330+1)*0.6+(ld(0)-0.5)*0.34);"
  printf '%s' "st(3,p(abs(mod(X*2.6,2*W-2)-W+1),abs(mod(Y*2.6,2*H-2)-H+1))/65535);"
  printf '%s' "65535*clip(if(lt(ld(1),0),0.34+ld(1)*0.62+0.10*(ld(3)-0.5),0.44+clip(ld(1),0,0.6)*0.7+(ld(3)-0.5)*0.10*clip(ld(1)*9,0.2,1)),0,1)',format=gray16le,split=3[h][hs][hf];"
  printf '%s' "[h]$(palette 0#063b57 0.12#0b6a86 0.25#22a0ae 0.345#8adbd0 0.40#b9b08a 0.46#c4a271 0.56#dcbf8e 0.7#f0dcb6 1#fbf3df)[base];[hs]$(relief 4)[light];$(lit base light)[shore];"
  printf '%s' "[hf]geq=lum='st(0,p(X,Y)/65535);st(3,p(abs(mod(X*3.1,2*W-2)-W+1),abs(mod(Y*2.3,2*H-2)-H+1))/65535);st(2,exp(-pow((ld(0)-0.355)/0.036,2))+0.6*exp(-pow((ld(0)-0.27)/0.02,2))+0.35*exp(-pow((ld(0)-0.17)/0.02,2))+0.25*exp(-pow((ld(0)-0.47)/0.006,2)));65535*clip(ld(2)*(0.25+1.5*exp(-abs(mod(ld(3)*9,1)-0.5)*5)),0,1)',format=gray16le,format=gray,format=gbrp[foam];[shore][foam]blend=all_mode=screen[out]"
}

# Ribs of sand the ebb has left.
paint_ebb_ripples() {
  noise n 1500 1000 401 280 8 0.5
  printf '%s' "[n]geq=lum='st(0,p(X,Y)/65535);st(1,(Y+0.28*X)/17+ld(0)*24+2.2*p(abs(mod(X*3,2*W-2)-W+1),abs(mod(Y*3,2*H-2)-H+1))/65535);65535*clip(0.5+0.26*(1-2*pow(abs(sin(ld(1)/2)),0.8))+0.34*(ld(0)-0.5)+0.16*(p(abs(mod(X*4.3,2*W-2)-W+1),abs(mod(Y*4.3,2*H-2)-H+1))/65535-0.5),0,1)',format=gray16le,split[h][hs];"
  printf '%s' "[h]$(palette 0#5b4433 0.3#94704d 0.5#c39a69 0.75#e6c796 1#fbeccb)[base];[hs]$(relief 4.2)[light];$(lit base light)[out]"
}

# A drop of ink in clear water: noise bent by noise bent by noise.
paint_ink() {
  noise n 1300 1600 503 340 8 0.48
  printf '%s' "[n]geq=lum='st(0,p(X,Y)/65535-0.5);st(1,p(abs(mod(X*0.9+411,2*W-2)-W+1),abs(mod(Y*0.9+77,2*H-2)-H+1))/65535-0.5);st(2,X+900*ld(0));st(3,Y+900*ld(1));st(4,p(abs(mod(ld(2)+9*W,2*W-2)-W+1),abs(mod(ld(3)+9*H,2*H-2)-H+1))/65535-0.5);"
  printf '%s' "st(5,p(abs(mod(X+1000*ld(4)+9*W,2*W-2)-W+1),abs(mod(Y+700*ld(4)+300*ld(0)+9*H,2*H-2)-H+1))/65535);65535*clip((ld(5)-0.5)*1.9+0.5+0.25*ld(4),0,1)',$(palette 0#0b1130 0.22#1f2a6b 0.4#3c63a8 0.55#9fc3cf 0.68#f3ead9 0.85#f7f2e8 1#e8795a)[out]"
}

# A stone cut open: bands of noise, like a shoreline through time.
paint_agate() {
  noise n 1200 1200 613 420 7 0.46
  printf '%s' "[n]geq=lum='st(0,p(X,Y)/65535);st(1,hypot(X-590,(Y-640)*1.25)/560+(ld(0)-0.5)*1.15);65535*clip(0.5+0.34*sin(ld(1)*62+5*ld(0))*exp(-pow(ld(1)-0.62,2)*3)+0.5*(ld(1)-0.62)+0.05*sin(ld(1)*260),0,1)',$(palette 0#0c2a3c 0.2#145a6c 0.38#3f9c9b 0.5#bfe0cf 0.62#f6ead2 0.78#e8a877 0.9#b4573f 1#5b2430)[out]"
}
