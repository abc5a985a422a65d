export { hasRedis, startTestRedis, type TestRedis } from './redis.ts';
export { openProxy, type TcpProxy } from './tcp-proxy.ts';
