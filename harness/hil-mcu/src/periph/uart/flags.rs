//! Bits of the USART registers, which of them raise the interrupt, and which are not modelled
//! (RM0444 §33.8).

use super::Kind;
use crate::periph::cx::Cx;

pub(super) const CR1_UE: u32 = 1;
pub(super) const CR1_UESM: u32 = 1 << 1;
pub(super) const CR1_RE: u32 = 1 << 2;
pub(super) const CR1_TE: u32 = 1 << 3;
pub(super) const CR1_OVER8: u32 = 1 << 15;
pub(super) const CR1_FIFOEN: u32 = 1 << 29;
/// M0, M1, PCE, PS, OVER8, FIFOEN: only written while UE = 0.
pub(super) const CR1_LOCKED: u32 = 1 << 28 | 1 << 12 | 1 << 10 | 1 << 9 | CR1_OVER8 | CR1_FIFOEN;
pub(super) const CR2_RTOEN: u32 = 1 << 23;
pub(super) const CR3_ONEBIT: u32 = 1 << 11;
pub(super) const CR3_OVRDIS: u32 = 1 << 12;

pub(super) const ISR_PE: u32 = 1;
pub(super) const ISR_FE: u32 = 1 << 1;
pub(super) const ISR_NE: u32 = 1 << 2;
pub(super) const ISR_ORE: u32 = 1 << 3;
pub(super) const ISR_IDLE: u32 = 1 << 4;
pub(super) const ISR_RXNE: u32 = 1 << 5;
pub(super) const ISR_TC: u32 = 1 << 6;
pub(super) const ISR_TXE: u32 = 1 << 7;
pub(super) const ISR_RTOF: u32 = 1 << 11;
pub(super) const ISR_BUSY: u32 = 1 << 16;
pub(super) const ISR_CMF: u32 = 1 << 17;
pub(super) const ISR_SBKF: u32 = 1 << 18;
pub(super) const ISR_WUF: u32 = 1 << 20;
pub(super) const ISR_TEACK: u32 = 1 << 21;
pub(super) const ISR_REACK: u32 = 1 << 22;
pub(super) const ISR_TXFE: u32 = 1 << 23;
pub(super) const ISR_RXFF: u32 = 1 << 24;
pub(super) const ISR_RXFT: u32 = 1 << 26;
pub(super) const ISR_TXFT: u32 = 1 << 27;

/// PE, FE, NE, ORE, IDLE, TC, RTOF, CMF, WUF.
pub(super) const ICR_BITS: u32 = 0x0012_085F;

pub(super) const RQR_SBKRQ: u32 = 1 << 1;
pub(super) const RQR_RXFRQ: u32 = 1 << 3;
pub(super) const RQR_TXFRQ: u32 = 1 << 4;
pub(super) const RQR_UNMODELLED: u32 = 1 | 1 << 2;

/// Whether the interrupt line is high: flag and enable of any source (RM0444 §33.7).
pub(super) fn interrupts(isr: u32, cr1: u32, cr3: u32) -> bool {
    // The enable bits of IDLE, RXNE, TC and TXE stand at the places of their flags.
    let same_place = isr & cr1 & (ISR_IDLE | ISR_RXNE | ISR_TC | ISR_TXE);
    let when = |enable: u32, flags: u32| if enable != 0 { isr & flags } else { 0 };
    (same_place
        | when(cr1 & 1 << 5, ISR_ORE)
        | when(cr1 & 1 << 8, ISR_PE)
        | when(cr1 & 1 << 14, ISR_CMF)
        | when(cr1 & 1 << 26, ISR_RTOF)
        | when(cr1 & 1 << 30, ISR_TXFE)
        | when(cr1 & 1 << 31, ISR_RXFF)
        | when(cr3 & 1, ISR_FE | ISR_NE | ISR_ORE)
        | when(cr3 & 1 << 22, ISR_WUF)
        | when(cr3 & 1 << 23, ISR_TXFT)
        | when(cr3 & 1 << 28, ISR_RXFT))
        != 0
}

/// Reports modes of CR1 that are not modelled.
pub(super) fn report_cr1(cx: &mut Cx, kind: Kind, value: u32) {
    if value & (1 << 13) != 0 {
        cx.unmodelled_mode(kind.name, "mute mode (MME)");
    }
    if value & (1 << 27) != 0 {
        cx.unmodelled_mode(kind.name, "end of block (EOBIE)");
    }
    if !kind.full && value & (CR1_FIFOEN | CR1_UESM) != 0 {
        cx.misuse(
            kind.name,
            "FIFO or wake-up from Stop: only in the full USART",
        );
    }
}

/// Reports modes of CR2 that are not modelled.
pub(super) fn report_cr2(cx: &mut Cx, kind: Kind, value: u32) {
    for (bits, mode) in [
        (0x0000_0009, "SPI slave mode (SLVEN, DIS_NSS)"),
        (0x0000_0F00, "synchronous mode (CLKEN)"),
        (0x0000_4060, "LIN mode (LINEN)"),
        (0x0000_8000, "pin swap (SWAP)"),
        (0x0070_0000, "auto-baud (ABREN)"),
    ] {
        if value & bits != 0 {
            cx.unmodelled_mode(kind.name, mode);
        }
    }
}

/// Reports modes of CR3 that are not modelled.
pub(super) fn report_cr3(cx: &mut Cx, kind: Kind, value: u32) {
    for (bits, mode) in [
        (0x0000_0006, "IrDA mode (IREN)"),
        (0x0000_0008, "half-duplex (HDSEL)"),
        (0x010E_0030, "smartcard mode (SCEN)"),
        (0x0000_00C0, "DMA (DMAR, DMAT)"),
        (0x0000_0700, "hardware flow control (RTSE, CTSE)"),
        (0x0000_C000, "driver enable (DEM)"),
    ] {
        if value & bits != 0 {
            cx.unmodelled_mode(kind.name, mode);
        }
    }
}
