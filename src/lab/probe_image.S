/* The probe program's bytes, as they are on disk after its build. */
    .section .rodata
    .balign 16
    .globl bh_probe_image
bh_probe_image:
    .incbin PROBE_FILE
    .globl bh_probe_image_end
bh_probe_image_end:
    .section .note.GNU-stack, "", @progbits
