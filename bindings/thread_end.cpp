// How a thread ends in the middle of our frames when the interpreter is being finalized.
//
// A daemon thread that then wants the GIL back is ended by CPython before 3.14 with pthread_exit(), which unwinds its
// stack: destructors would touch objects without the GIL, and the first noexcept frame would abort the process. Any
// allocation can lead there, by way of the garbage collector and a finalizer written in Python. So the unwinding goes
// no further than the innermost frame of this module: the thread sleeps until the process has ended, which is all that
// CPython 3.14 does with such threads (see "Cautions regarding runtime finalization" in the manual of its C API).
//
// The linker puts this in front of the function that the unwinder asks about each of our frames (--wrap in
// CMakeLists.txt; for that function see "Exception Handling" in the Itanium C++ ABI).
#include <unistd.h>
#include <unwind.h>

#include "python.hpp"

namespace {

bool finalizing() noexcept {
#if PY_VERSION_HEX >= 0x030D0000
    return Py_IsFinalizing() != 0;
#else
    return _Py_IsFinalizing() != 0;
#endif
}

}  // namespace

extern "C" {

_Unwind_Reason_Code __real___gxx_personality_v0(int version, _Unwind_Action actions, _Unwind_Exception_Class kind,
                                                _Unwind_Exception* exception, _Unwind_Context* context);

_Unwind_Reason_Code __wrap___gxx_personality_v0(int version, _Unwind_Action actions, _Unwind_Exception_Class kind,
                                                _Unwind_Exception* exception, _Unwind_Context* context) {
    if ((actions & _UA_FORCE_UNWIND) != 0 && finalizing()) {
        while (true) pause();
    }
    return __real___gxx_personality_v0(version, actions, kind, exception, context);
}
}
