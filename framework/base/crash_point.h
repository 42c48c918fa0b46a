// Places at which a test has the process killed, as a power cut would do it. One enum for all of cairn.
#pragma once

namespace cairn {

// In the order in which a run meets them.
enum class CrashPoint {
  Captured,    // a cut is in memory, nothing of it in a store
  Encoded,     // its packs are written, no manifest names them
  Published,   // the manifest is there, nobody was told
  Evaluating,  // after a batch of an evaluation
  Weighed,     // the evaluation's weight files are written, its row and its snapshot are not
  Evaluated    // its row is in the journal, its snapshot is not taken
};

// [any thread] SIGKILL for this process when CAIRN_CRASH_AT names the point for this visit: "published:3" is the third.
void crash_point(CrashPoint point);

}  // namespace cairn
