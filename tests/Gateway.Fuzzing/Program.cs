using Gateway.Fuzzing;

return Commands.Run(args);
