// Loops over numbers are compiled for several instruction sets; the machine's best is taken at run time. Every
// operation is rounded by itself on each of them, so all give the same bits. Include it last: what follows is optimised
// further.
#pragma once

#pragma GCC optimize("O3", "fp-contract=off")

#if defined(__x86_64__) && !defined(__SANITIZE_THREAD__) && !defined(__SANITIZE_ADDRESS__)
#define CAIRN_VECTORIZE __attribute__((target_clones("avx512f", "avx2", "default")))
#else
#define CAIRN_VECTORIZE
#endif
