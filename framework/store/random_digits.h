// The part of a write-once object's name that nobody else chooses.
#pragma once
#include <string>

namespace cairn {

std::string random_digits();  // 16 hexadecimal digits

}  // namespace cairn
