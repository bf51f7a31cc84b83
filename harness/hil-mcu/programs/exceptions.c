/*
 * Exceptions in every combination that needs no timing: SVC, PendSV, SysTick and interrupts pended
 * by software at different priorities, preemption, tail-chaining, masking, faults that are skipped
 * over, both stacks. Every handler logs who it is and what it sees; the log is results[1] onwards
 * and results[0] its length.
 */
#include "program.h"

volatile uint32_t results[64] __attribute__((section(".results")));
static uint32_t process_stack[64] __attribute__((aligned(8)));

#define ICSR REG(0xE000ED04)
#define ISER REG(0xE000E100)
#define ISPR REG(0xE000E200)
#define ICPR REG(0xE000E280)
#define IPR0 REG(0xE000E400)
#define SHPR2 REG(0xE000ED1C)
#define SHPR3 REG(0xE000ED20)
#define PENDSV (1u << 28)
#define PENDST (1u << 26)

static void log_word(uint32_t word)
{
    uint32_t n = results[0];
    if (n < 62) { results[n + 1] = word; results[0] = n + 1; }
}

static uint32_t ipsr(void) { uint32_t r; __asm volatile("mrs %0, ipsr" : "=r"(r)); return r; }
__attribute__((noinline, noreturn)) static void stop(void) { for (;;) __asm volatile("bkpt 0"); }

/* Handlers that look at their frame get it, and EXC_RETURN, in R0 and R1. */
#define WITH_FRAME(name, body) \
    __attribute__((used)) void body(uint32_t *frame, uint32_t exc_return); \
    __attribute__((naked)) void name(void) { \
        __asm volatile("mov r1, lr\n movs r2, #4\n tst r1, r2\n beq 1f\n mrs r0, psp\n b 2f\n" \
                       "1: mrs r0, msp\n 2: push {r1, lr}\n bl " #body "\n pop {r1, pc}\n"); }

WITH_FRAME(hard_fault, fault_body)
WITH_FRAME(svcall, svc_body)

void fault_body(uint32_t *frame, uint32_t exc_return)
{
    log_word(0xFA000000 | (exc_return & 0xFF) << 16 | (frame[6] & 0xFFFF));
    log_word(frame[7]);
    frame[7] |= 1u << 24;
    frame[6] += 2;
}

void svc_body(uint32_t *frame, uint32_t exc_return)
{
    uint32_t number = *(uint16_t *)(frame[6] - 2) & 0xFF;
    log_word(0x5C000000 | (exc_return & 0xFF) << 16 | number << 8 | ipsr());
    log_word(frame[0]);
    frame[0] = frame[1] + number;
    if (number == 1) ICSR = PENDSV | PENDST;
    if (number == 2) { ISPR = 7; log_word((ICSR & 0x1FF) | ISPR << 16); }
}

void pendsv(void) { log_word(0xBE000000 | ipsr()); }
void systick(void) { log_word(0x71000000 | ipsr()); }

void irq(void)
{
    uint32_t self = ipsr();
    log_word(0x19000000 | self);
    /* Interrupt 2 pends 0, which preempts it, and itself, which chains. */
    if (self == 18 && !(results[63] & 1)) { results[63] |= 1; ISPR = 5; log_word(0x1900FF00); }
}

__attribute__((section(".vectors"), used)) static const void *vectors[20] = {
    (void *)STACK_TOP, reset, stop, hard_fault, 0, 0, 0, 0, 0, 0, 0, svcall, 0, 0, pendsv, systick,
    irq, irq, irq, irq,
};

static uint32_t call(uint32_t a, uint32_t b, int which)
{
    register uint32_t r0 __asm("r0") = a;
    register uint32_t r1 __asm("r1") = b;
    if (which == 0) __asm volatile("svc 0" : "+r"(r0) : "r"(r1) : "memory");
    else if (which == 1) __asm volatile("svc 1" : "+r"(r0) : "r"(r1) : "memory");
    else __asm volatile("svc 2" : "+r"(r0) : "r"(r1) : "memory");
    return r0;
}

static void faults(void)
{
    __asm volatile("udf 0");
    __asm volatile("ldr r0, [%0]" ::"r"(0x20000001) : "r0");
    __asm volatile("strh r0, [%0]" ::"r"(0x20000101) : "r0");
    __asm volatile("cpsid i\n svc 3\n nop\n cpsie i" ::: "memory");
    /* BX without the Thumb bit; the handler skips the first half-word there. */
    __asm volatile("adr r0, 1f\n bx r0\n .balign 4\n 1: nop\n nop" ::: "r0");
}

static void round_of_calls(void)
{
    for (int which = 0; which < 3; which++) log_word(call(0x100 + which, 0x200, which));
}

__attribute__((noreturn)) void reset(void)
{
    results[0] = 0;
    results[63] = 0;
    ISER = 7;
    IPR0 = 0x00804000;
    SHPR2 = 0x80000000;
    SHPR3 = 0x40C00000;
    round_of_calls();
    faults();
    __asm volatile("cpsid i");
    ISPR = 3;
    ICPR = 1;
    log_word(0xCC000000 | ISPR);
    __asm volatile("cpsie i");
    __asm volatile("isb");
    /* The same on the process stack, misaligned by four. */
    uint32_t top = (uint32_t)&process_stack[63];
    __asm volatile("msr psp, %0\n movs r0, #2\n msr control, r0\n isb" ::"r"(top) : "r0");
    round_of_calls();
    __asm volatile("udf 1");
    stop();
}
