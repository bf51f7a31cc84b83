/*
 * Integer work of the kinds a benchmark core is measured by: linked list search and sort, matrix
 * arithmetic, a state machine over text, CRC; SysTick interrupts it at 1 kHz (16 MHz clock).
 * Counts its rounds in results[0]; results[1] onwards are check sums of the last round. Stops after
 * as many rounds as results[63] said at the start, or never if it said none.
 */
#include "program.h"

volatile uint32_t results[64] __attribute__((section(".results")));
static volatile uint32_t ticks;

void systick(void) { ticks++; }
__attribute__((noinline, noreturn)) static void stop(void) { for (;;) __asm volatile("bkpt 0"); }

__attribute__((section(".vectors"), used)) static const void *vectors[16] = {
    (void *)STACK_TOP, reset, stop, stop, 0, 0, 0, 0, 0, 0, 0, stop, 0, 0, stop, systick,
};

struct node { struct node *next; int16_t value; uint16_t index; };
#define NODES 64
#define SIDE 8
static struct node nodes[NODES];
static int16_t a[SIDE][SIDE], b[SIDE][SIDE];
static int32_t product[SIDE][SIDE];

static uint16_t crc16(uint32_t data, uint16_t crc, int bits)
{
    for (int i = 0; i < bits; i++) {
        int carry = (data ^ crc) & 1;
        data >>= 1;
        crc >>= 1;
        if (carry) crc ^= 0xA001;
    }
    return crc;
}

static struct node *list_build(uint32_t seed)
{
    for (int i = 0; i < NODES; i++) {
        seed = seed * 1103515245u + 12345u;
        nodes[i].value = (int16_t)(seed >> 16);
        nodes[i].index = (uint16_t)i;
        nodes[i].next = i + 1 < NODES ? &nodes[i + 1] : 0;
    }
    return nodes;
}

/* Merge sort of a list by value or by index. */
static struct node *list_sort(struct node *list, int by_index)
{
    for (int size = 1;; size *= 2) {
        struct node *p = list, *tail = 0;
        int merges = 0;
        list = 0;
        while (p) {
            merges++;
            struct node *q = p;
            int p_size = 0, q_size = size;
            for (int i = 0; i < size && q; i++) { p_size++; q = q->next; }
            while (p_size > 0 || (q_size > 0 && q)) {
                struct node *e;
                int from_p = p_size > 0 && (q_size == 0 || !q ||
                    (by_index ? p->index <= q->index : p->value <= q->value));
                if (from_p) { e = p; p = p->next; p_size--; }
                else { e = q; q = q->next; q_size--; }
                if (tail) tail->next = e; else list = e;
                tail = e;
            }
            p = q;
        }
        tail->next = 0;
        if (merges <= 1) return list;
    }
}

static uint16_t list_work(uint32_t seed)
{
    struct node *list = list_build(seed);
    uint16_t crc = 0;
    for (int search = 0; search < 16; search++) {
        struct node *n = list;
        while (n && (n->value & 0x3F) != search) n = n->next;
        crc = crc16(n ? n->index : 0xFFFF, crc, 16);
    }
    list = list_sort(list, 0);
    for (struct node *n = list; n; n = n->next) crc = crc16((uint16_t)n->value, crc, 8);
    list = list_sort(list, 1);
    return crc16(list->index, crc, 16);
}

static uint32_t matrix_work(uint32_t seed)
{
    uint32_t sum = 0;
    for (int i = 0; i < SIDE; i++)
        for (int j = 0; j < SIDE; j++) {
            seed = seed * 1664525u + 1013904223u;
            a[i][j] = (int16_t)(seed >> 20);
            b[i][j] = (int16_t)(seed >> 12 & 0xFFF);
        }
    for (int i = 0; i < SIDE; i++)
        for (int j = 0; j < SIDE; j++) {
            int32_t cell = 0;
            for (int k = 0; k < SIDE; k++) cell += a[i][k] * b[k][j];
            product[i][j] = cell;
            sum += (uint32_t)(cell >> 3 & 0xFFFF) ^ (uint32_t)cell << 7;
        }
    return sum;
}

/* A recogniser of numbers, with counts of the states it ends in. */
static uint32_t state_work(uint32_t seed)
{
    static const char text[] = "5012,-874,+122,.7,1.5e3,-110.700,+0.64400,T0.3e-1F,-T.T++Tq,1T3.4e4z,34.0e-T^";
    uint32_t counts[8], state = 0;
    for (int i = 0; i < 8; i++) counts[i] = 0;
    for (const char *p = text; *p; p++) {
        char c = (char)(*p ^ (seed & 1 && *p == '1' ? 3 : 0));
        int digit = c >= '0' && c <= '9';
        if (c == ',') { counts[state]++; state = 0; continue; }
        switch (state) {
        case 0: state = digit ? 1 : c == '+' || c == '-' ? 2 : c == '.' ? 3 : 7; break;
        case 1: state = digit ? 1 : c == '.' ? 3 : 7; break;
        case 2: state = digit ? 1 : c == '.' ? 3 : 7; break;
        case 3: state = digit ? 4 : 7; break;
        case 4: state = digit ? 4 : c == 'e' || c == 'E' ? 5 : 7; break;
        case 5: state = c == '+' || c == '-' ? 6 : digit ? 6 : 7; break;
        case 6: state = digit ? 6 : 7; break;
        default: break;
        }
    }
    uint32_t sum = 0;
    for (int i = 0; i < 8; i++) sum = sum * 31 + counts[i];
    return sum;
}

__attribute__((noreturn)) void reset(void)
{
    ticks = 0;
    results[0] = 0;
    REG(0xE000E014) = 15999;
    REG(0xE000E018) = 0;
    REG(0xE000E010) = 7;
    for (uint32_t round = 0;; round++) {
        uint32_t seed = round * 2654435761u;
        results[1] = list_work(seed);
        results[2] = matrix_work(seed);
        results[3] = state_work(seed);
        results[4] = crc16(results[1] ^ results[2] ^ results[3], (uint16_t)round, 32);
        results[0] = round + 1;
        if (results[0] == results[63]) stop();
    }
}
