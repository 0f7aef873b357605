# Living things, or nearly: automata, spirals, reaction and diffusion.

# The pattern of the textile cone's shell is an elementary cellular automaton.
paint_textile_cone() {
  printf '%s' "cellauto=rule=30:s=320x240:random_seed=7:random_fill_ratio=0.08:scroll=1:full=0:rate=25,select=gte(n\,420),scale=1280:960:flags=neighbor,format=gray,gblur=sigma=1.1,format=gray16le,"
  printf '%s' "geq=lum='st(0,p(X+18*sin(Y/90)+9*sin(X/47),Y+14*sin(X/110))/65535);65535*clip(ld(0)*0.72+0.14*sin(Y/210+0.4)+0.14,0,1)',format=gray16le,crop=1180:860:50:50,split[h][hs];"
  printf '%s' "[h]$(palette 0#f7ecd6 0.25#efd9b4 0.5#c98b52 0.75#7f3f22 1#3a1710)[base];[hs]$(relief 1)[light];$(lit base light)[out]"
}

# Conway's game as plankton that glows where something lived lately.
paint_plankton() {
  printf '%s' "life=s=300x200:rule=B3/S23:random_seed=11:random_fill_ratio=0.16:mold=6:life_color=white:death_color=0x1d8f8f:mold_color=0x04141f:rate=25,select=gte(n\,190),scale=1500:1000:flags=neighbor,format=gbrp,split=3[a][b][c];"
  printf '%s' "[b]gblur=sigma=9[b1];[c]gblur=sigma=34,colorchannelmixer=rr=0.5:gg=1.2:bb=1.5[c1];[a]gblur=sigma=1.4[a1];[a1][b1]blend=all_mode=screen[ab];[ab][c1]blend=all_mode=screen,colorchannelmixer=rr=0.62:gg=0.95:bb=1[out]"
}

# A chambered shell: logarithmic spiral and its walls.
paint_nautilus() {
  printf '%s' "color=s=1200x1200,format=gray16le,geq=lum='st(0,(X-540)*1.05);st(1,(Y-620)*1.05);st(2,hypot(ld(0),ld(1))+1);st(3,atan2(ld(1),ld(0)));st(4,log(ld(2)/9)/0.19-ld(3));st(5,mod(ld(4),2*PI)/(2*PI));st(6,floor(ld(4)/(2*PI)));"
  printf '%s' "st(7,(ld(6)*2*PI+ld(3)+PI)*2.55-1.7*pow(ld(5),1.4)*2.55);st(8,abs(mod(ld(7),1)-0.5)*2);"
  printf '%s' "65535*clip(0.42+0.34*sin(ld(5)*PI)-0.42*exp(-ld(5)*16)-0.5*exp((ld(5)-1)*16)+0.26*pow(ld(8),14)*sin(ld(5)*PI)+0.18*(ld(8)-0.5)+0.02*sin(ld(2)*1.1+ld(3)*40),0.1,1)',"
  printf '%s' "$(palette 0#0a1e2b 0.08#12303f 0.1#5a2e22 0.3#b4673c 0.48#e7b27a 0.66#f8e3c2 0.85#fff8ea 1#ffffff)[out]"
}

# A flower that is an animal.
paint_anemone() {
  noise n 1300 1300 709 170 6 0.5
  printf '%s' "[n]geq=lum='st(0,X-650);st(1,Y-650);st(2,hypot(ld(0),ld(1))/620+0.10*(p(X,Y)/65535-0.5));st(3,atan2(ld(1),ld(0)));st(4,sin(ld(3)*13+ld(2)*7+3*(p(X,Y)/65535)));st(5,sin(ld(3)*21-ld(2)*11+2));"
  printf '%s' "65535*clip(exp(-ld(2)*1.5)*(0.55+0.27*ld(4)+0.2*ld(5))*(1+0.35*sin(ld(2)*34+2*ld(4)))+0.5*exp(-pow(ld(2)/0.12,2))+0.05*exp(-ld(2)),0,1)',$(palette 0#140a2c 0.12#34175a 0.28#8a2c78 0.45#e2566f 0.62#ff9d6e 0.8#ffe0a0 1#fffbe6)[out]"
}

# Glass shells of algae: rings of pores in the golden angle.
paint_diatom() {
  printf '%s' "color=s=1100x1100,format=gray16le,geq=lum='st(0,X-550);st(1,Y-550);st(2,hypot(ld(0),ld(1)));st(3,atan2(ld(1),ld(0)));st(4,ld(2)/480);st(5,floor(ld(2)/19));st(6,max(6,floor(ld(5)*2.09)*3));st(7,mod(ld(3)/(2*PI)*ld(6)+0.5*mod(ld(5),2)+10,1)-0.5);st(8,mod(ld(2)/19,1)-0.5);"
  printf '%s' "st(9,hypot(ld(7)*2*PI*ld(2)/ld(6),ld(8)*19));65535*if(gt(ld(4),1.04),0.02+0.05*exp(-(ld(4)-1.04)*7),clip(0.34+0.4*exp(-pow((ld(9)-6.4)/2.1,2))-0.22*exp(-pow(ld(9)/4.2,2))+0.4*exp(-pow((ld(4)-1)/0.016,2))+0.2*exp(-pow((ld(4)-0.55)/0.012,2))+0.16*cos(ld(3)-0.9)*ld(4),0,1))',format=gray16le,split[h][hs];"
  printf '%s' "[h]$(palette 0#071318 0.1#0b2a30 0.3#0f5f5c 0.5#4aa77f 0.7#d3d67b 0.85#fdf0bd 1#ffffff)[base];[hs]$(relief 2)[light];$(lit base light)[out]"
}

# Reaction and diffusion by turns: blur, compare with a wider blur, sharpen.
paint_brain_coral() {
  local step
  printf '%s' "color=s=700x525,format=gray,geq=lum='255*mod(abs(sin(X*12.9898+Y*78.233+5.5)*43758.5453),1)',format=gray[t0];"
  for step in 0 1 2 3 4 5 6 7; do
    printf '%s' "[t$step]split[a$step][b$step];[a$step]gblur=sigma=2.6:steps=2[n$step];[b$step]gblur=sigma=5.2:steps=2[w$step];[n$step][w$step]lut2=c0='clip(128+(x-y)*14,0,255)'[t$((step + 1))];"
  done
  noise n 1400 1050 811 380 7 0.5
  printf '%s' "[t8]gblur=sigma=1.6,scale=1400:1050:flags=bicubic+accurate_rnd+bitexact,format=gray16le,split[h][hs];"
  printf '%s' "[h][n]blend=all_expr='0.72*A+0.28*B',format=gray16le,$(palette 0#3b1230 0.25#8f2a4c 0.45#e0645c 0.62#f8a67c 0.8#fdd9ac 1#fff3dc)[base];[hs]gblur=sigma=3,format=gray16le,$(relief 3)[light];$(lit base light)[out]"
}

# Weed in a current, lit from above.
paint_kelp() {
  noise n 1100 1500 907 300 7 0.5
  printf '%s' "[n]geq=lum='st(0,p(X,Y)/65535-0.5);st(1,X+95*sin(Y/230+X/400)+170*ld(0));st(2,sin(ld(1)/23)*0.5+0.5);st(3,sin(ld(1)/61+2)*0.5+0.5);st(4,sin(Y/11+ld(1)/9)*0.5+0.5);65535*clip(0.82-0.62*Y/H+0.15*ld(0)-0.42*pow(ld(2),3)*(0.6+0.4*ld(4))*(0.3+Y/H)-0.22*pow(ld(3),4)+0.12*exp(-abs(sin((X+0.35*Y)/190))*5)*(1-Y/H),0,1)',$(palette 0#02130f 0.2#07352a 0.4#146a4e 0.6#4fa56b 0.78#bfd88a 0.92#f6f3c4 1#ffffff)[out]"
}
