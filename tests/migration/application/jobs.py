"""What it does: functions, and the parts that run them."""

from asyncz.executors import AsyncIOExecutor, BaseExecutor, DebugExecutor, ProcessPoolExecutor, ThreadPoolExecutor
from asyncz.executors.asyncio import AsyncIOExecutor as AsyncIOExecutorByModule
from asyncz.executors.base import BaseExecutor as BaseExecutorByModule
from asyncz.executors.debug import DebugExecutor as DebugExecutorByModule
from asyncz.executors.pool import ThreadPoolExecutor as ThreadPoolExecutorByModule
from asyncz.executors.process_pool import ProcessPoolExecutor as ProcessPoolExecutorByModule
from asyncz.executors.types import ExecutorType
from asyncz.locks import FileLockProtected, LockProtected, NullLockProtected, RLockProtected
from asyncz.stores.base import BaseStore
from asyncz.stores.memory import MemoryStore
from asyncz.stores.types import StoreType
from asyncz.utils import make_async_function, make_function

CALLS: list[str] = []


def collect(*args, **kwargs):
    CALLS.append("collect")
    return "collected"


async def fetch():
    CALLS.append("fetch")


def fail():
    raise ValueError("broken")


def bye():
    CALLS.append("bye")


def executors() -> dict[str, ExecutorType]:
    return {
        "default": AsyncIOExecutor(),
        "threads": ThreadPoolExecutor(max_workers=2, pool_kwargs={}),
        "debug": DebugExecutor(),
    }


def stores() -> dict[str, StoreType]:
    return {"default": MemoryStore(), "second": MemoryStore()}


def show() -> None:
    assert AsyncIOExecutor is AsyncIOExecutorByModule
    assert BaseExecutor is BaseExecutorByModule
    assert DebugExecutor is DebugExecutorByModule
    assert ThreadPoolExecutor is ThreadPoolExecutorByModule
    assert ProcessPoolExecutor is ProcessPoolExecutorByModule
    for executor in (*executors().values(), ProcessPoolExecutor(max_workers=1)):
        print(type(executor).__name__, isinstance(executor, ExecutorType), isinstance(executor, BaseExecutor))
    for store in stores().values():
        print(type(store).__name__, isinstance(store, StoreType), isinstance(store, BaseStore))
    for lock in (LockProtected, NullLockProtected, RLockProtected):
        assert callable(lock)
    print(callable(FileLockProtected), make_function(collect)(), make_async_function(collect) is not collect)
