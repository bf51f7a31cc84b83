/* What the test programs share: the vector table, and the words they leave for comparison. */
#pragma once
#include <stdint.h>

#define REG(address) (*(volatile uint32_t *)(address))
#define STACK_TOP 0x20002000u

/* The first RAM words, which the tests compare; word 0 is the number of rounds done. */
extern volatile uint32_t results[64];

void reset(void);
void hard_fault(void);
void svcall(void);
void pendsv(void);
void systick(void);
void irq(void);
