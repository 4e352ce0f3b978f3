// The features of the kernels that the project knows, as the files in tests/features hold them.
    .section .rodata
    .macro features label file
    .globl bh_features_\label
    .globl bh_features_\label\()_end
bh_features_\label:
    .incbin "\file"
bh_features_\label\()_end:
    .byte 0
    .endm

    features 6_1 "6.1"
    features 6_12 "6.12"
    features 7_2 "7.2"

    .section .note.GNU-stack, "", %progbits
