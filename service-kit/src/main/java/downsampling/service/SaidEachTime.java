package downsampling.service;

/** A command whose own options are not read from the environment, because a person has to give them each time. */
public interface SaidEachTime {}
