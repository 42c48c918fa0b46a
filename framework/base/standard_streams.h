// What is written for people must never land in a file of a run.
#pragma once
#include <fcntl.h>
#include <unistd.h>

namespace cairn {

// Standard input, output and errors that whoever started the process has closed become /dev/null; otherwise the next
// files that are opened would get their numbers. Before anything is opened.
inline void open_standard_streams() {
  int lowest = open("/dev/null", O_RDWR);
  while (lowest >= 0 && lowest <= STDERR_FILENO) lowest = open("/dev/null", O_RDWR);
  if (lowest >= 0) close(lowest);
}

}  // namespace cairn
