// The command line: thin commands over the stages.
#pragma once

namespace cairn {

// 0 done; 1 failed; 2 wrong usage or configuration; 3 done, but a required mirror is behind; 75 interrupted, everything
// saved.
int run_command_line(int argc, char** argv);

}  // namespace cairn
