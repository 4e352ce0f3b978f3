// The features of the kernels that the project knows, as the files in tests/features hold them; and what profiles that
// name an abi may use (abi/).
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
    features abi_default "abi/default"
    features abi_3_0 "abi/3.0"
    features abi_4_0 "abi/4.0"
    features abi_5_0 "abi/5.0"

    .section .note.GNU-stack, "", %progbits
