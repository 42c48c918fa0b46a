#include "base/priority.h"

#include <pthread.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace cairn {
namespace {

// A tenth of a busy core: enough to keep up with a training that leaves nothing idle.
constexpr int kNice = 10;

}  // namespace

void lower_priority() {
  const sched_param none{};
  pthread_setschedparam(pthread_self(), SCHED_BATCH, &none);
  setpriority(PRIO_PROCESS, static_cast<id_t>(syscall(SYS_gettid)), kNice);
}

}  // namespace cairn
