#!/bin/sh
# Rebuilds the committed binaries; needs arm-none-eabi-gcc (12.2 made the committed ones).
set -eu
cd "$(dirname "$0")"
for name in workload exceptions; do
    arm-none-eabi-gcc -mcpu=cortex-m0plus -mthumb -O2 -std=c11 -Wall -Wextra -ffreestanding \
        -fno-tree-loop-distribute-patterns -fno-jump-tables -nostdlib -Wl,--build-id=none -T link.ld "$name.c" -o "$name.elf"
    arm-none-eabi-objcopy -O binary -j .text "$name.elf" "$name.bin"
    rm "$name.elf"
done
