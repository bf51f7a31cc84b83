//! smoke
use crate::Time;
use crate::testing::{NoCircuit, chip};

#[test]
fn speed() {
    // loop: adds r0,#1; eors r1,r0; lsrs r2,r0,#3; str r1,[sp]; ldr r3,[sp]; cmp r0,r3; bne loop; b loop
    let code = [
        0x3001, 0x4041, 0x08c2, 0x9100, 0x9b00, 0x4298, 0xd1f8, 0xe7f7,
    ];
    let mut code = code.to_vec();
    code.insert(0, 0xb082);
    let mut mcu = chip(&code, &[]);
    let start = std::time::Instant::now();
    mcu.run_until(Time::from_us(20_000_000), &mut NoCircuit);
    let s = start.elapsed().as_secs_f64();
    eprintln!("{:?} {:?}", mcu.stats(), mcu.findings());
    eprintln!("{} M instr/s", mcu.stats().instructions as f64 / s / 1e6);
    assert!(mcu.stats().instructions > 1);
}
