// The opcodes of pickles that are known; all others are refused. Names as in Python's pickletools, where they differ
// from ours: BININT, BININT1, BININT2, LONG1, BINFLOAT, BINUNICODE, BINSTRING, BINBYTES, BINGET, BINPUT, BINPERSID,
// NEWOBJ.
#pragma once
#include <cstdint>

namespace cairn::pickle_opcodes {

enum Opcode : uint8_t {
  kMark = '(',
  kStop = '.',
  kPop = '0',
  kPopMark = '1',
  kDuplicate = '2',
  kNone = 'N',
  kTrue = 0x88,
  kFalse = 0x89,
  kInteger4 = 'J',
  kInteger1 = 'K',
  kInteger2 = 'M',
  kLong1 = 0x8a,
  kReal = 'G',
  kText4 = 'X',
  kText1 = 0x8c,
  kText8 = 0x8d,
  kString4 = 'T',
  kString1 = 'U',
  kBytes4 = 'B',
  kBytes1 = 'C',
  kBytes8 = 0x8e,
  kEmptyList = ']',
  kAppend = 'a',
  kAppends = 'e',
  kEmptyTuple = ')',
  kTuple = 't',
  kTuple1 = 0x85,
  kTuple2 = 0x86,
  kTuple3 = 0x87,
  kEmptyDictionary = '}',
  kSetItem = 's',
  kSetItems = 'u',
  kEmptySet = 0x8f,
  kAddItems = 0x90,
  kGlobal = 'c',
  kStackGlobal = 0x93,
  kGet1 = 'h',
  kGet4 = 'j',
  kPut1 = 'q',
  kPut4 = 'r',
  kMemoize = 0x94,
  kPersistent = 'Q',
  kReduce = 'R',
  kNewObject = 0x81,
  kBuild = 'b',
  kProtocol = 0x80,
  kFrame = 0x95,
};

}  // namespace cairn::pickle_opcodes
