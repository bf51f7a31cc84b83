// The smallest firmware that shows what a debug probe can do: it counts in RAM, logs "tick" over
// RTT, and fills most of the flash so that flashing takes as many pages as a real image.
//
// Built with: arm-none-eabi-gcc -nostdlib -Wl,-T,ticker.ld -Wl,--build-id=none -o ticker.elf ticker.S

        .syntax unified
        .cpu    cortex-m0plus
        .thumb

        .section .vectors, "a"
        .word   0x20002000
        .word   reset
        .word   hang
        .word   hang

        .text
        .thumb_func
        .global reset
reset:
        // Copies the RTT control block to RAM.
        ldr     r0, =template
        ldr     r1, =control_block
        movs    r2, #48
1:      subs    r2, #4
        ldr     r3, [r0, r2]
        str     r3, [r1, r2]
        bne     1b
        ldr     r4, =counter
        movs    r5, #0
        str     r5, [r4]

        .thumb_func
        .global tick
tick:
        adds    r5, #1
        str     r5, [r4]
        ldr     r0, =text
        movs    r1, #5
        bl      log
        movs    r3, #200
2:      subs    r3, #1
        bne     2b
        b       tick

        // Writes r1 bytes at r0 to up channel 0; drops what does not fit.
        .thumb_func
log:
        push    {r4-r7, lr}
        ldr     r2, =control_block
        ldr     r4, [r2, #28]           // buffer
        ldr     r5, [r2, #32]           // size
        ldr     r6, [r2, #36]           // write offset
3:      adds    r7, r6, #1
        cmp     r7, r5
        bne     4f
        movs    r7, #0
4:      ldr     r3, [r2, #40]           // read offset
        cmp     r7, r3
        beq     5f
        ldrb    r3, [r0]
        strb    r3, [r4, r6]
        mov     r6, r7
        adds    r0, #1
        subs    r1, #1
        bne     3b
5:      str     r6, [r2, #36]
        pop     {r4-r7, pc}

        .thumb_func
hang:
        b       hang
        .pool

        .section .rodata, "a"
text:   .ascii  "tick\n"
name:   .asciz  "Terminal"
        .balign 4
template:
        .asciz  "SEGGER RTT"
        .space  5
        .word   1                       // up channels
        .word   0                       // down channels
        .word   name
        .word   buffer
        .word   128
        .word   0
        .word   0
        .word   0                       // skip what does not fit

        // Filler with no two pages alike.
        .set    value, 1
        .rept   7936
        .word   value
        .set    value, (value * 1664525 + 1013904223) & 0xFFFFFFFF
        .endr

        .section .noinit, "aw", %nobits
        .global control_block, counter
control_block:
        .space  48
buffer: .space  128
        .balign 4
counter:
        .space  4
